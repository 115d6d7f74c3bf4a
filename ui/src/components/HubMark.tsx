/*
 * The Hub's mark: four services around one hub. The same geometry as icons/src/app.svg, without its ground.
 */
import { useId } from "react";

export function HubMark({ size }: { size: number }) {
  const mask = useId();
  return (
    <svg width={size} height={size} viewBox="216 216 592 592" aria-hidden="true" focusable="false">
      <mask id={mask}>
        <rect x="216" y="216" width="592" height="592" fill="#fff" />
        <circle cx="512" cy="512" r="152" fill="#000" />
      </mask>
      <g fill="currentColor" mask={`url(#${mask})`}>
        <rect x="228" y="228" width="262" height="262" rx="76" />
        <rect x="534" y="228" width="262" height="262" rx="76" />
        <rect x="228" y="534" width="262" height="262" rx="76" />
        <rect x="534" y="534" width="262" height="262" rx="76" />
      </g>
      <circle cx="512" cy="512" r="104" fill="var(--accent)" />
    </svg>
  );
}
