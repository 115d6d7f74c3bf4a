/* Vite turns a CSS module into a map of scoped class names; TypeScript has to be told. */
declare module "*.module.css" {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}
declare module "*.css";
