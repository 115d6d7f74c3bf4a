//! Writes the contract in TypeScript to standard output.

fn main() {
    print!("{}", hub_api::typescript::contract());
}
