//! Whether bytes are one JSON text without anything odd: whole, not deep, no key twice. What it means is not looked at.

/// Levels of brackets in a text that counts as ordinary.
const DEPTH: usize = 64;

/// Keys of one object that are compared with each other: each with all before it.
const KEYS: usize = 64;

/// Whether a text is one value of JSON with at most `DEPTH` levels, `KEYS` keys an object, and no key twice.
#[must_use]
pub fn is_ordinary(text: &[u8]) -> bool {
    let mut reader = Reader { text, at: 0, keys: Vec::new(), open: Vec::new() };
    reader.document().is_some()
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// The keys of all objects that are open.
    keys: Vec<&'a [u8]>,
    /// For each open bracket the number of keys before it; none for a list.
    open: Vec<Option<usize>>,
}

impl<'a> Reader<'a> {
    /// Reads one value and the white space around it; `None` for anything odd.
    fn document(&mut self) -> Option<()> {
        loop {
            self.start_of_value()?;
            while self.end_of_value()? {
                if self.open.is_empty() {
                    self.space();
                    return (self.at == self.text.len()).then_some(());
                }
            }
        }
    }

    /// Reads a value, or the beginnings of collections down to the first value in them.
    fn start_of_value(&mut self) -> Option<()> {
        loop {
            self.space();
            match self.next()? {
                b'{' => {
                    self.enter(Some(self.keys.len()))?;
                    self.space();
                    if self.peek() == Some(b'}') {
                        return Some(());
                    }
                    self.key()?;
                }
                b'[' => {
                    self.enter(None)?;
                    self.space();
                    if self.peek() == Some(b']') {
                        return Some(());
                    }
                }
                b'"' => {
                    self.string()?;
                    return self.leaf();
                }
                first if first.is_ascii_alphanumeric() || first == b'-' => {
                    return self.word(first).and_then(|()| self.leaf());
                }
                _ => return None,
            }
        }
    }

    /// Notes a value without parts as something that ends at once.
    fn leaf(&mut self) -> Option<()> {
        self.open.push(None);
        self.at = self.at.checked_sub(1)?;
        Some(())
    }

    /// Closes the collection whose end is next. `false` if another value follows in the one around it.
    fn end_of_value(&mut self) -> Option<bool> {
        self.at = self.at.checked_add(1)?;
        if let Some(before) = self.open.pop()? {
            self.keys.truncate(before);
        }
        self.space();
        match self.open.last() {
            None => Some(true),
            Some(&object) => match (self.peek()?, object) {
                (b',', None) => {
                    self.next()?;
                    Some(false)
                }
                (b',', Some(_)) => {
                    self.next()?;
                    self.space();
                    self.key()?;
                    Some(false)
                }
                (b']', None) | (b'}', Some(_)) => Some(true),
                _ => None,
            },
        }
    }

    fn enter(&mut self, keys: Option<usize>) -> Option<()> {
        (self.open.len() < DEPTH).then(|| self.open.push(keys))
    }

    fn key(&mut self) -> Option<()> {
        (self.next()? == b'"').then_some(())?;
        let key = self.string()?;
        let first = (*self.open.last()?)?;
        let others = self.keys.get(first..)?;
        (others.len() < KEYS && !others.contains(&key)).then_some(())?;
        self.keys.push(key);
        self.space();
        (self.next()? == b':').then_some(())
    }

    /// Reads a text behind its first quote. Escapes other than of one character are left to others: keys can hide in them.
    fn string(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        loop {
            match self.next()? {
                b'"' => return self.text.get(start..self.at.checked_sub(1)?),
                b'\\' => b"\"\\/bfnrt".contains(&self.next()?).then_some(())?,
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    /// Reads a number or a name of a constant.
    fn word(&mut self, first: u8) -> Option<()> {
        let start = self.at.checked_sub(1)?;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            self.next()?;
        }
        let word = self.text.get(start..self.at)?;
        let number = first == b'-' || first.is_ascii_digit();
        let ordinary =
            number && word.len() <= 64 && std::str::from_utf8(word).is_ok_and(|word| word.parse::<f64>().is_ok());
        (ordinary || [&b"true"[..], b"false", b"null"].contains(&word)).then_some(())
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| b" \t\r\n".contains(&byte)) {
            self.at = self.at.saturating_add(1);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.checked_add(1)?;
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::is_ordinary;

    #[test]
    fn ordinary_texts_are_whole_and_name_each_key_once() {
        let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
        for text in [
            "{}",
            "[]",
            " {\"a\": [1, -2.5e3, \"x\\n\", true, null, {}, []], \"b\": {\"a\": 1}}\n",
            "1",
            "\"a\"",
            &deep,
        ] {
            assert!(is_ordinary(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_left_to_others() {
        let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
        let odd = [
            "",
            "{",
            "[",
            "[1",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "[1,]",
            "[1}",
            "{\"a\":1]",
            "{} {}",
            "]",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":2}}",
            "[\"\\u0061\"]",
            "[\"\n\"]",
            "[nan]",
            "[NaN]",
            "[tru]",
            "[1 2]",
            "{1:2}",
            "[01x]",
            &deep,
        ];
        for text in odd {
            assert!(!is_ordinary(text.as_bytes()), "{text}");
        }
    }
}
