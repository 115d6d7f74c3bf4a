/*
 * The contract with the Hub. The types are made from the Rust side; nothing is added here.
 */
export * from "./generated";
