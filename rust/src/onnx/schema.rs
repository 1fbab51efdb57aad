//! The messages of an ONNX model that lead to graphs, nodes, tensors and text. Source: `onnx.proto`.

/// A message, by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Function,
    Training,
    Tensor,
    Sparse,
    /// A name and a text that describe something.
    Property,
    /// A name and a text that say where the data of a tensor is.
    External,
}

/// The type of the message in a field; none for fields that hold something else, or nothing that matters.
pub(super) fn child(kind: Kind, field: u32) -> Option<Kind> {
    Some(match (kind, field) {
        (Kind::Model, 7) | (Kind::Attribute, 6 | 11) | (Kind::Training, 1 | 2) => Kind::Graph,
        (Kind::Model, 20) => Kind::Training,
        (Kind::Model, 25) => Kind::Function,
        (Kind::Graph, 1) | (Kind::Function, 7) => Kind::Node,
        (Kind::Graph, 5) | (Kind::Attribute, 5 | 10) | (Kind::Sparse, 1 | 2) => Kind::Tensor,
        (Kind::Graph, 15) | (Kind::Attribute, 22 | 23) => Kind::Sparse,
        (Kind::Node, 5) | (Kind::Function, 11) => Kind::Attribute,
        (Kind::Tensor, 13) => Kind::External,
        (Kind::Model | Kind::Function, 14) | (Kind::Graph, 16) => Kind::Property,
        _ => return None,
    })
}

/// Fields that people write text into. Those of nodes and tensors are for exporters: traces of the call stack, thousands.
pub(super) fn is_text(kind: Kind, field: u32) -> bool {
    matches!((kind, field), (Kind::Model, 2 | 3 | 4 | 6) | (Kind::Graph, 10) | (Kind::Function, 8))
}

/// Whether a field of a model or a graph has the wire type that the schema says: 0 for numbers, 2 for the rest; none for
/// fields that the schema does not have.
pub(super) fn has_type(kind: Kind, field: u32, wire: u8) -> Option<bool> {
    let expected = match (kind, field) {
        (Kind::Model, 1 | 5) => 0,
        (Kind::Model, 2..=4 | 6..=8 | 14 | 20 | 25 | 26) => 2,
        (Kind::Graph, 1 | 2 | 5 | 10..=16) => 2,
        (Kind::Node, 1..=10) => 2,
        _ => return None,
    };
    Some(wire == expected)
}
