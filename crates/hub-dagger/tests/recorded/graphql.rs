//! Enough of GraphQL to read what the Hub sends and to hold it against the recorded schema.

use std::collections::BTreeMap;

/// A recorded API.
pub struct Schema {
    fields: BTreeMap<(String, String), Field>,
    inputs: BTreeMap<String, BTreeMap<String, String>>,
    enums: BTreeMap<String, Vec<String>>,
}

struct Field {
    arguments: BTreeMap<String, String>,
    gives: String,
}

impl Schema {
    pub fn read(text: &str) -> Self {
        let mut this =
            Self { fields: BTreeMap::new(), inputs: BTreeMap::new(), enums: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (head, rest) = line.split_once('(').unwrap();
            let (inside, rest) = rest.rsplit_once(')').unwrap();
            if let Some(name) = head.strip_prefix("enum ") {
                let values = inside.split(", ").map(str::to_owned).collect();
                this.enums.insert(name.to_owned(), values);
                continue;
            }
            let pairs = inside.split(", ").filter(|pair| !pair.is_empty()).map(|pair| {
                let (name, kind) = pair.split_once(": ").unwrap();
                (name.to_owned(), kind.to_owned())
            });
            if let Some(name) = head.strip_prefix("input ") {
                this.inputs.insert(name.to_owned(), pairs.collect());
                continue;
            }
            let (owner, name) = head.split_once('.').unwrap();
            let gives = rest.trim().strip_prefix("-> ").unwrap().to_owned();
            let field = Field { arguments: pairs.collect(), gives };
            this.fields.insert((owner.to_owned(), name.to_owned()), field);
        }
        this
    }

    /// Holds a query against the schema and gives what an engine could answer.
    pub fn answer(
        &self,
        query: &str,
        variables: &serde_json::Value,
    ) -> Result<serde_json::Value, String> {
        let tokens = tokens(query)?;
        let mut reader = Reader { tokens: &tokens, at: 0, variables: BTreeMap::new() };
        reader.header()?;
        for name in reader.variables.keys() {
            if variables.get(name).is_none() {
                return Err(format!("${name} has no value"));
            }
        }
        self.selection(&mut reader, "Query")
    }

    fn selection(&self, reader: &mut Reader<'_>, owner: &str) -> Result<serde_json::Value, String> {
        reader.expect("{")?;
        let mut found = serde_json::Map::new();
        while !reader.take("}") {
            let name = reader.name()?;
            if name == "__schema" {
                reader.skip_braces()?;
                let fields: Vec<_> = self
                    .fields
                    .keys()
                    .filter(|(owner, _)| owner == "Query")
                    .map(|(_, name)| serde_json::json!({ "name": name }))
                    .collect();
                found.insert(name, serde_json::json!({ "queryType": { "fields": fields } }));
                continue;
            }
            let field = self
                .fields
                .get(&(owner.to_owned(), name.clone()))
                .ok_or_else(|| format!("{owner} has no field {name}"))?;
            self.arguments(reader, field, &format!("{owner}.{name}"))?;
            let gives = field.gives.trim_end_matches('!');
            let is_object = self.fields.keys().any(|(owner, _)| owner == gives);
            let value = if is_object {
                if reader.peek() != Some("{") {
                    return Err(format!("{owner}.{name} gives an object and needs fields"));
                }
                self.selection(reader, gives)?
            } else {
                sample(&name, gives)
            };
            found.insert(name, value);
        }
        if found.is_empty() {
            return Err(format!("nothing of {owner} is asked for"));
        }
        Ok(found.into())
    }

    fn arguments(&self, reader: &mut Reader<'_>, field: &Field, of: &str) -> Result<(), String> {
        let mut given = Vec::new();
        if reader.take("(") {
            while !reader.take(")") {
                let name = reader.name()?;
                reader.expect(":")?;
                let kind = field
                    .arguments
                    .get(&name)
                    .ok_or_else(|| format!("{of} has no argument {name}"))?;
                self.value(reader, kind, &format!("{of}({name})"))?;
                given.push(name);
                reader.take(",");
            }
        }
        for (name, kind) in &field.arguments {
            if kind.ends_with('!') && !given.contains(name) {
                return Err(format!("{of} needs its argument {name}"));
            }
        }
        Ok(())
    }

    fn value(&self, reader: &mut Reader<'_>, kind: &str, of: &str) -> Result<(), String> {
        let bare = kind.trim_end_matches('!');
        if reader.take("$") {
            let name = reader.name()?;
            let declared = reader.variables.get(&name);
            let declared = declared.ok_or_else(|| format!("{of}: ${name} is not declared"))?;
            let fits = declared.trim_end_matches('!') == bare;
            return if fits { Ok(()) } else { Err(format!("{of} is {kind}, ${name} {declared}")) };
        }
        if let Some(inner) = bare.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
            reader.expect("[")?;
            while !reader.take("]") {
                self.value(reader, inner, of)?;
                reader.take(",");
            }
            return Ok(());
        }
        if let Some(fields) = self.inputs.get(bare) {
            reader.expect("{")?;
            while !reader.take("}") {
                let name = reader.name()?.trim_matches('"').to_owned();
                reader.expect(":")?;
                let kind =
                    fields.get(&name).ok_or_else(|| format!("{of}: {bare} has no {name}"))?;
                self.value(reader, kind, &format!("{of}.{name}"))?;
                reader.take(",");
            }
            return Ok(());
        }
        let word = reader.next().ok_or("the query ends in a value")?;
        let fits = match bare {
            "String" | "ID" => word.starts_with('"'),
            "Int" => word.parse::<i64>().is_ok(),
            "Boolean" => word == "true" || word == "false",
            other => self.enums.get(other).is_some_and(|values| values.iter().any(|v| v == word)),
        };
        if fits { Ok(()) } else { Err(format!("{of} is {kind}, not {word}")) }
    }
}

/// What an engine could say.
fn sample(name: &str, kind: &str) -> serde_json::Value {
    match (name, kind) {
        ("version", _) => "v0.21.9".into(),
        ("imageRef", _) => format!("docker.io/library/x@sha256:{}", "0".repeat(64)).into(),
        ("stdout", _) => "created\n".into(),
        (_, "Int") => 7.into(),
        (_, "Boolean") => true.into(),
        (name, _) => format!("some {name}").into(),
    }
}

struct Reader<'a> {
    tokens: &'a [String],
    at: usize,
    variables: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Option<&str> {
        self.at += 1;
        self.tokens.get(self.at - 1).map(String::as_str)
    }

    fn take(&mut self, word: &str) -> bool {
        let is_there = self.peek() == Some(word);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        let found = self.peek().map(str::to_owned);
        if self.take(word) { Ok(()) } else { Err(format!("{word} was expected, not {found:?}")) }
    }

    fn name(&mut self) -> Result<String, String> {
        self.next().map(str::to_owned).ok_or_else(|| "the query ends too early".to_owned())
    }

    /// `query($name: String!, …)`, all of which may be missing.
    fn header(&mut self) -> Result<(), String> {
        self.take("query");
        if self.take("(") {
            while !self.take(")") {
                self.expect("$")?;
                let name = self.name()?;
                self.expect(":")?;
                let mut kind = self.name()?;
                if self.take("!") {
                    kind.push('!');
                }
                self.variables.insert(name, kind);
                self.take(",");
            }
        }
        Ok(())
    }

    fn skip_braces(&mut self) -> Result<(), String> {
        let mut depth = 0;
        loop {
            match self.next() {
                Some("{") => depth += 1,
                Some("}") => depth -= 1,
                Some(_) => {}
                None => return Err("the query ends too early".to_owned()),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

fn tokens(query: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut chars = query.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut word = String::from(c);
        if c == '"' {
            let mut escaped = false;
            loop {
                let c = chars.next().ok_or("a text does not end")?;
                if c == '\n' {
                    return Err("a text holds a line break".to_owned());
                }
                word.push(c);
                if c == '"' && !escaped {
                    break;
                }
                escaped = c == '\\' && !escaped;
            }
            serde_json::from_str::<String>(&word).map_err(|fault| format!("{word}: {fault}"))?;
        } else if c.is_alphanumeric() || c == '_' || c == '-' {
            while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                word.push(c);
            }
        }
        found.push(word);
    }
    Ok(found)
}
