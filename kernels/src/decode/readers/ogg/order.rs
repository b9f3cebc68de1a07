//! The order of pages: those that are there twice, too early or too late, by their numbers.

use std::collections::VecDeque;
use std::io::{self, Read};

use super::pages::{Page, Pages};

/// Pages of a stream, and of all streams, among which one is searched that should have come before.
const MAX_AHEAD: (usize, usize) = (4, 64);
/// Pages that are remembered to know them when they come again, and numbers of missing ones.
const MAX_REMEMBERED: usize = 256;

/// What is wrong with the places of pages, for a warning.
const OUT_OF_ORDER: &str = "Ogg pages are in the wrong order, which is put right by their numbers";
const TWICE: &str = "Ogg pages are there twice and count once";
const TOO_LATE: &str = "Ogg pages come too late and are left out";

/// The numbers of the pages of one stream.
pub struct Numbers {
    pub serial: u32,
    /// Number of the next page.
    pub next: u32,
    /// Checksum of the first page.
    first_checksum: u32,
    /// Numbers and checksums of the last pages.
    recent: VecDeque<(u32, u32)>,
    /// Numbers of pages that are missing.
    missing: VecDeque<u32>,
}

impl Numbers {
    /// Those of the stream that begins with `first`.
    pub fn of(first: &Page) -> Self {
        Numbers {
            serial: first.serial,
            next: first.sequence.wrapping_add(1),
            first_checksum: first.checksum,
            recent: VecDeque::new(),
            missing: VecDeque::new(),
        }
    }

    /// Takes note of a page; returns the number of those that are missing before it.
    pub fn take(&mut self, page: &Page) -> u32 {
        let missing = page.sequence.wrapping_sub(self.next);
        if (1..=MAX_REMEMBERED as u32).contains(&missing) {
            self.missing.extend((0..missing).map(|at| self.next.wrapping_add(at)));
        }
        self.recent.push_back((page.sequence, page.checksum));
        let spare = |length: usize| length.saturating_sub(MAX_REMEMBERED);
        self.missing.drain(..spare(self.missing.len()));
        self.recent.drain(..spare(self.recent.len()));
        self.next = page.sequence.wrapping_add(1);
        missing
    }
}

/// Pages with a look ahead.
pub struct Order<Source> {
    pages: Pages<Source>,
    /// Pages that were read too early.
    ahead: VecDeque<Page>,
    /// What was found, each kind once, and how many of it were asked for.
    found: Vec<&'static str>,
    asked: usize,
}

impl<Source: Read> Order<Source> {
    pub fn new(source: Source) -> Self {
        Order { pages: Pages::new(source), ahead: VecDeque::new(), found: Vec::new(), asked: 0 }
    }

    pub fn into_inner(self) -> Source {
        self.pages.into_inner()
    }

    /// Whether the file ends within a page.
    pub fn is_cut(&self) -> bool {
        self.pages.is_cut
    }

    /// What was found since the last call.
    pub fn take_found(&mut self) -> Vec<&'static str> {
        let from = std::mem::replace(&mut self.asked, self.found.len());
        self.found[from..].to_vec()
    }

    fn find(&mut self, what: &'static str) {
        if !self.found.contains(&what) {
            self.found.push(what);
        }
    }

    /// The next page as it is in the file.
    pub fn next(&mut self) -> io::Result<Option<Page>> {
        match self.ahead.pop_front() {
            Some(page) => Ok(Some(page)),
            None => self.pages.next(),
        }
    }

    /// Gives back a page that was read too early.
    pub fn put_back(&mut self, page: Page) {
        self.ahead.push_front(page);
    }

    /// The page that is `at` places ahead of the next.
    fn peek(&mut self, at: usize) -> io::Result<Option<&Page>> {
        while self.ahead.len() <= at {
            match self.pages.next()? {
                Some(page) => self.ahead.push_back(page),
                None => return Ok(None),
            }
        }
        Ok(self.ahead.get(at))
    }

    /// The next page that begins a stream, according to `begins`.
    pub fn first(&mut self, begins: impl Fn(&Page) -> bool) -> io::Result<Option<Page>> {
        let mut early = Vec::new();
        while let Some(page) = self.next()? {
            if begins(&page) {
                // Pages of this stream that came before it.
                early.retain(|other: &Page| {
                    let number = other.sequence.wrapping_sub(page.sequence) as usize;
                    other.serial == page.serial && number <= MAX_AHEAD.0
                });
                if !early.is_empty() {
                    self.find(OUT_OF_ORDER);
                }
                early.into_iter().rev().for_each(|other| self.put_back(other));
                return Ok(Some(page));
            }
            if page.is_intact && early.len() < MAX_AHEAD.0 {
                early.push(page);
            }
        }
        Ok(None)
    }

    /// The page of the stream that comes next: `page`, or one behind it in the file with the next number.
    pub fn in_order(&mut self, numbers: &Numbers, page: Page) -> io::Result<Page> {
        let distance = page.sequence.wrapping_sub(numbers.next).cast_signed();
        if !page.is_intact || distance <= 0 {
            return Ok(page);
        }
        let mut of_stream = 0;
        for at in 0..MAX_AHEAD.1 {
            let Some(other) = self.peek(at)? else { break };
            if other.is_first() || of_stream == MAX_AHEAD.0 {
                break;
            }
            if other.serial != numbers.serial || !other.is_intact {
                continue;
            }
            if other.sequence == numbers.next
                && let Some(earlier) = self.ahead.remove(at)
            {
                self.find(OUT_OF_ORDER);
                self.put_back(page);
                return Ok(earlier);
            }
            of_stream += 1;
        }
        Ok(page)
    }

    /// Whether a page that begins a stream is the first of this one again, because the stream goes on behind it.
    pub fn is_first_again(&mut self, numbers: &Numbers, page: &Page) -> io::Result<bool> {
        if page.serial != numbers.serial || page.checksum != numbers.first_checksum {
            return Ok(false);
        }
        for at in 0..MAX_AHEAD.1 {
            let Some(next) = self.peek(at)? else { break };
            if next.serial == numbers.serial && next.is_intact {
                let is_again = next.sequence == numbers.next;
                if is_again {
                    self.find(TWICE);
                }
                return Ok(is_again);
            }
        }
        Ok(false)
    }

    /// Notes that the first page of a stream is there twice.
    pub fn note_first_again(&mut self) {
        self.find(TWICE);
    }

    /// Whether an intact page is to be passed over, because it was there already or silence stands for it. `clock` is the
    /// position up to which the stream was read.
    pub fn is_superfluous(
        &mut self,
        numbers: &mut Numbers,
        page: &Page,
        clock: Option<u64>,
    ) -> bool {
        if numbers.recent.contains(&(page.sequence, page.checksum)) {
            self.find(TWICE);
            return true;
        }
        let missing = numbers.missing.iter().position(|number| *number == page.sequence);
        let Some(at) = missing.filter(|_| page.granule <= clock) else { return false };
        numbers.missing.remove(at);
        self.find(TOO_LATE);
        true
    }
}
