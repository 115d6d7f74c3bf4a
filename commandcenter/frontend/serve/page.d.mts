/** Types of ./page.mjs, for its tests. */
export interface PageConfig {
  apiBaseUrl: string;
  token: string;
  projectName: string;
  projectId: string;
}
export function readConfig(environment: Record<string, string | undefined>): {
  dist: string;
  apiOrigin: string;
  page: PageConfig;
};
export function embeddable(value: unknown): string;
export function withConfig(html: string, page: PageConfig): string;
export function policy(apiOrigin: string): string;
