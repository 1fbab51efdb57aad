//! What stands around the graph in a `MetaGraphDef`: what runs when the model is loaded, assets, signatures, objects.

use super::{TEXT, Walk, may_be_graph};
use crate::error::Result;
use crate::tf::collect::Entry;
use crate::wire::Value;

impl Walk<'_> {
    pub(super) fn saver(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            if field.number == 3 {
                let name = self.wire.peek(TEXT)?;
                self.out.entry(Entry::Restore, name);
            }
        }
        Ok(())
    }

    /// An entry of the map of collections: key, then a list of nodes, bytes or messages.
    pub(super) fn collection(&mut self) -> Result<()> {
        // What comes before its key may be anything.
        let mut runs = None;
        while let Some(field) = self.next()? {
            match field.number {
                1 => {
                    let key = self.wire.peek(TEXT)?;
                    let found = matches!(key, b"saved_model_main_op" | b"legacy_init_op" | b"saved_model_init_op");
                    runs = Some(runs == Some(true) || found);
                }
                2 if self.enter() => self.collected(runs.unwrap_or(true))?,
                _ => {}
            }
        }
        Ok(())
    }

    fn collected(&mut self, runs: bool) -> Result<()> {
        while let Some(list) = self.next()? {
            if !matches!(list.number, 1 | 2 | 5) || !self.enter() {
                continue;
            }
            while let Some(field) = self.next()? {
                let Value::Bytes { start, length } = field.value else { continue };
                match list.number {
                    1 if runs => {
                        let name = self.wire.peek(TEXT)?;
                        self.out.entry(Entry::Main, name);
                    }
                    2 => {
                        let text = self.wire.peek(TEXT)?;
                        if may_be_graph(text) {
                            self.out.may_be_graph(self.base + start, self.source.slice(start, length));
                        }
                    }
                    5 if self.enter() => {
                        // `Any`: a type and a message of it.
                        let mut is_asset = false;
                        while let Some(field) = self.next()? {
                            match field.number {
                                1 => is_asset = self.wire.peek(TEXT)?.ends_with(b"AssetFileDef"),
                                2 if is_asset && self.enter() => self.asset()?,
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// An entry of the map of signatures: its outputs are what a caller runs; one signature runs when loading.
    pub(super) fn signature(&mut self) -> Result<()> {
        let mut kind = Entry::Main;
        while let Some(field) = self.next()? {
            match field.number {
                1 if self.wire.peek(TEXT)? != b"__saved_model_init_op" => kind = Entry::Signature,
                2 if self.enter() => {
                    while let Some(field) = self.next()? {
                        if field.number == 2 && self.enter() {
                            self.output(kind)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn output(&mut self, kind: Entry) -> Result<()> {
        while let Some(field) = self.next()? {
            if field.number == 2 && self.enter() {
                while let Some(field) = self.next()? {
                    if field.number == 1 {
                        let name = self.wire.peek(TEXT)?;
                        self.out.entry(kind, name);
                    }
                }
            }
        }
        Ok(())
    }

    /// An `AssetFileDef`: the tensor that gets the path, and the name of the file.
    pub(super) fn asset(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            match field.number {
                1 if self.enter() => {
                    while let Some(field) = self.next()? {
                        if field.number == 1 {
                            let name = self.wire.peek(TEXT)?;
                            self.out.asset_tensor(name);
                        }
                    }
                }
                2 => {
                    let name = self.wire.peek(TEXT)?;
                    self.out.asset_file(self.base + field.offset, name);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A `SavedObjectGraph`.
    pub(super) fn objects(&mut self) -> Result<()> {
        let mut index = 0;
        while let Some(field) = self.next()? {
            if field.number == 1 && self.enter() {
                self.object(index)?;
                index += 1;
            }
        }
        Ok(())
    }

    fn object(&mut self, index: u64) -> Result<()> {
        while let Some(field) = self.next()? {
            if !self.enter() {
                continue;
            }
            match field.number {
                1 => {
                    let (mut child, mut runs) = (0, false);
                    while let Some(field) = self.next()? {
                        match (field.number, field.value) {
                            (1, Value::Varint(value)) => child = value,
                            (2, _) => runs = matches!(self.wire.peek(TEXT)?, b"_initialize" | b"_create_resource"),
                            _ => {}
                        }
                    }
                    if runs {
                        self.out.initialiser(child);
                    }
                }
                4 => self.user_object()?,
                6 => {
                    while let Some(field) = self.next()? {
                        if field.number == 1 {
                            let name = self.wire.peek(TEXT)?;
                            self.out.concrete_function(index, name);
                        }
                    }
                }
                11 => self.saveable()?,
                _ => self.wire.leave()?,
            }
        }
        Ok(())
    }

    /// An entry of the map of what is saved of an object: the function that restores it runs when loading.
    fn saveable(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            if field.number == 2 && self.enter() {
                while let Some(field) = self.next()? {
                    if let (3, Value::Varint(function)) = (field.number, field.value) {
                        self.out.initialiser(function);
                    }
                }
            }
        }
        Ok(())
    }

    /// Keras describes its layers in the metadata, as JSON.
    fn user_object(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            if let (3, Value::Bytes { start, length }) = (field.number, field.value)
                && self.wire.peek(1)? == b"{"
            {
                self.out.json(self.base + start, self.source.slice(start, length));
            }
        }
        Ok(())
    }
}
