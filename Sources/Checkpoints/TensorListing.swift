/// All tensors of a checkpoint with their places in it, for people to read.
struct TensorListing {
    /// One tensor; the place reads like `weight.model.bert_proj.bias`.
    struct Item {
        let place: String
        let tensor: TensorRecord
    }

    /// Longest place, in Unicode scalars; a hostile file could make them as long as the file.
    static let maxPlaceLength = 512
    /// Most tensors that are listed.
    static let maxItems = 1 << 16

    /// The tensors in the file's order.
    private(set) var items: [Item] = []
    /// Tensors beyond ``maxItems``.
    private(set) var omittedCount = 0

    init(_ root: CheckpointValue) { collect(root, place: "") }

    private mutating func collect(_ value: CheckpointValue, place: String) {
        func inside(_ name: String) -> String {
            (place.isEmpty ? name : "\(place).\(name)").printable(maxLength: Self.maxPlaceLength)
        }
        switch value {
        case .tensor(let tensor):
            if items.count < Self.maxItems {
                items.append(Item(place: place, tensor: tensor))
            } else {
                omittedCount += 1
            }
        case .list(let values), .tuple(let values):
            for (index, value) in values.enumerated() where value.isContainer {
                collect(value, place: inside("\(index)"))
            }
        case .dictionary(let entries):
            for (key, value) in entries where value.isContainer {
                collect(value, place: inside(key.stringValue ?? key.intValue.map { "\($0)" } ?? key.kindName))
            }
        case .record(let record):
            for (index, value) in (record.arguments + record.elements).enumerated() where value.isContainer {
                collect(value, place: inside("\(index)"))
            }
            for (name, value) in record.fields where value.isContainer { collect(value, place: inside(name)) }
        default: break
        }
    }
}

extension CheckpointValue {
    /// Whether tensors can be in it.
    fileprivate var isContainer: Bool {
        switch self {
        case .tensor, .list, .tuple, .dictionary, .record: true
        default: false
        }
    }
}
