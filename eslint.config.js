/*
 * Lint rules of every TypeScript and JavaScript package in the repository. Formatting is prettier's.
 * The two import bans hold the architecture: the shell's API stays behind ui/src/host, and the kit knows no application.
 */
import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const tauri = {
  group: ["@tauri-apps/*"],
  message: "Only ui/src/host talks to the shell; use the Host seam.",
};

export default tseslint.config(
  { ignores: ["target/", "**/dist/", "**/node_modules/", "**/api/generated/", "src-tauri/gen/"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-restricted-imports": "off",
      "@typescript-eslint/no-restricted-imports": ["error", { patterns: [tauri] }],
    },
  },
  {
    files: ["**/*.tsx"],
    extends: [jsxA11y.flatConfigs.recommended],
    plugins: { "react-hooks": reactHooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
    },
  },
  {
    files: ["ui/src/host/**", "ui/tests/host/**"],
    rules: { "@typescript-eslint/no-restricted-imports": "off" },
  },
  {
    files: ["ui/kit/src/**"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { patterns: [tauri, { group: ["@cchub/*"], message: "The kit knows no application." }] },
      ],
    },
  },
  {
    files: ["**/*.{js,mjs,cjs}"],
    ignores: ["ui/public/**", "commandcenter/frontend/public/**"],
    languageOptions: { globals: globals.node },
  },
  {
    files: ["ui/public/**", "commandcenter/frontend/public/**"],
    languageOptions: { globals: globals.browser },
  },
);
