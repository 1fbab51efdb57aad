//! Words, strings and marks of the text form of protobuf.
//!
//! References: <https://protobuf.dev/reference/protobuf/textformat-spec/>.

use crate::error::Result;
use crate::source::Source;
use crate::window::Window;

/// Bytes of a word that are kept: names of fields have a few dozen.
const WORD: usize = 300;

/// Bytes of one string that are kept: a graph that is a string of another.
pub(super) const STRING: usize = 16 << 20;

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a number.
    Word(Vec<u8>),
    /// A string without its quotes and escapes.
    String(Vec<u8>),
    /// A character that means something by itself.
    Mark(u8),
    /// Nothing more.
    End,
}

/// Reads tokens from a source.
pub(super) struct Tokens {
    window: Window,
    /// Where the last token began.
    pub(super) offset: u64,
    /// A string was cut at `STRING`.
    pub(super) cut: bool,
    /// Where a string has no end, or the file is no text.
    pub(super) broken: Option<u64>,
}

impl Tokens {
    pub(super) fn new(source: &Source) -> Result<Self> {
        Ok(Self { window: Window::new(source, 0)?, offset: 0, cut: false, broken: None })
    }

    fn peek(&mut self) -> Result<Option<u8>> {
        if self.window.unread().is_empty() {
            self.window.fill(1)?;
        }
        Ok(self.window.unread().first().copied())
    }

    /// Reads on over bytes that pass a test, keeping at most `most` of them.
    fn run(&mut self, most: usize, into: &mut Vec<u8>, passes: impl Fn(u8) -> bool) -> Result<()> {
        while self.peek()?.is_some_and(&passes) {
            let unread = self.window.unread();
            let count = unread.iter().position(|byte| !passes(*byte)).unwrap_or(unread.len());
            let room = most.saturating_sub(into.len()).min(count);
            into.extend_from_slice(unread.get(..room).unwrap_or_default());
            self.window.advance(count);
        }
        Ok(())
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token> {
        loop {
            self.run(0, &mut Vec::new(), |byte| byte.is_ascii_whitespace() || byte == 0x0b)?;
            self.offset = self.window.position();
            match self.peek()? {
                None => {
                    if !self.window.at_end()? {
                        self.broken.get_or_insert(self.offset);
                    }
                    return Ok(Token::End);
                }
                Some(b'#') => self.run(0, &mut Vec::new(), |byte| byte != b'\n')?,
                Some(quote @ (b'"' | b'\'')) => {
                    self.window.advance(1);
                    return self.string(quote);
                }
                Some(byte) if is_word(byte) => {
                    let mut word = Vec::new();
                    self.run(WORD, &mut word, is_word)?;
                    return Ok(Token::Word(word));
                }
                Some(byte) => {
                    self.window.advance(1);
                    return Ok(Token::Mark(byte));
                }
            }
        }
    }

    fn string(&mut self, quote: u8) -> Result<Token> {
        let mut text = Vec::new();
        loop {
            let room = STRING.saturating_sub(text.len());
            self.run(STRING, &mut text, |byte| byte != quote && byte != b'\\' && byte != b'\n')?;
            self.cut |= room == 0;
            match self.peek()? {
                Some(b'\\') => {
                    self.window.advance(1);
                    self.escape(&mut text)?;
                }
                Some(byte) if byte == quote => {
                    self.window.advance(1);
                    return Ok(Token::String(text));
                }
                _ => {
                    self.broken.get_or_insert(self.offset);
                    return Ok(Token::String(text));
                }
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let Some(letter) = self.peek()? else { return Ok(()) };
        if matches!(letter, b'0'..=b'7') {
            let value = self.digits(3, 8)?;
            push(text, u8::try_from(value & 0xff).unwrap_or(0));
            return Ok(());
        }
        self.window.advance(1);
        let plain = match letter {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'x' | b'X' => u8::try_from(self.digits(2, 16)? & 0xff).unwrap_or(0),
            b'u' | b'U' => {
                let value = self.digits(if letter == b'u' { 4 } else { 8 }, 16)?;
                let mut room = [0; 4];
                let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
                character.encode_utf8(&mut room).bytes().for_each(|byte| push(text, byte));
                return Ok(());
            }
            other => other,
        };
        push(text, plain);
        Ok(())
    }

    fn digits(&mut self, most: usize, base: u32) -> Result<u32> {
        let mut value = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.peek()?.and_then(|byte| char::from(byte).to_digit(base)) else { break };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.window.advance(1);
        }
        Ok(value)
    }
}

fn push(text: &mut Vec<u8>, byte: u8) {
    if text.len() < STRING {
        text.push(byte);
    }
}

/// Letters of names and numbers, signs and exponents, and names that are types: `[type.googleapis.com/a.b]`.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.+-/".contains(&byte) || byte >= 0x80
}
