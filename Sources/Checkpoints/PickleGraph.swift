/// What a pickle describes, as nodes that refer to each other by number: shared and circular references cost nothing
/// and nothing is released recursively.
struct PickleGraph {
    /// The number of a node.
    typealias ID = Int32

    /// One value.
    enum Node {
        case none
        case bool(Bool)
        case int(Int64)
        case bigInt(String)
        case float(Double)
        case string(String)
        case bytes([UInt8])
        case list([ID])
        case tuple([ID])
        /// Keys and values in turn.
        case dictionary([ID])
        /// Index into ``PickleGraph/globals``.
        case global(ID)
        /// Index into ``PickleGraph/storageViews``.
        case storage(ID)
        /// Index into ``PickleGraph/tensors``.
        case tensor(ID)
        /// Index into ``PickleGraph/records``.
        case record(ID)
    }

    /// A class or function, by name only.
    struct Global: Hashable {
        let module: String
        let name: String
        /// Module and name; kept, because every object of the class refers to it.
        let path: String

        init(module: String, name: String) {
            self.module = module
            self.name = name
            path = "\(module).\(name)"
        }
    }

    /// A storage that the pickle declares; its bytes are elsewhere in the file.
    struct StorageDeclaration {
        let key: String
        let scalarType: ScalarType
        let elementCount: Int
        var byteCount: Int { elementCount * scalarType.byteCount }
    }

    /// A storage, or a part of one (legacy files), as a tensor refers to it.
    struct StorageView {
        let declaration: Int
        /// First element, in elements.
        let offset: Int
    }

    /// A tensor before its storage is found.
    struct Tensor {
        let view: StorageView
        let dtype: ScalarType
        let offset: Int
        let shape: [Int]
        let strides: [Int]
    }

    /// An object of an unknown class.
    struct Record {
        let typeName: String
        let arguments: [ID]
        let namedArguments: ID?
        var state: ID?
        var elements: [ID] = []
        var entries: [ID] = []
    }

    var nodes: [Node] = []
    var globals: [Global] = []
    var storageViews: [StorageView] = []
    var declarations: [StorageDeclaration] = []
    /// Size of an element, in bytes, of storages whose type is not supported, by key; 0 where it is not known.
    var unsupportedStorages: [String: Int] = [:]
    var tensors: [Tensor] = []
    var records: [Record] = []
    var root: ID = 0

    /// The node of a number; `none` for a number that was never handed out.
    func node(_ id: ID) -> Node {
        let index = Int(id)
        return nodes.indices.contains(index) ? nodes[index] : .none
    }

    /// The integer of a node.
    func int(_ id: ID) -> Int? {
        if case .int(let value) = node(id) { Int(exactly: value) } else { nil }
    }

    /// The text of a node.
    func string(_ id: ID) -> String? {
        if case .string(let value) = node(id) { value } else { nil }
    }

    /// The elements of a list or tuple.
    func elements(_ id: ID) -> [ID]? {
        switch node(id) {
        case .list(let values), .tuple(let values): values
        default: nil
        }
    }

    /// The integers of a list or tuple, if these are no more than a tensor can have dimensions.
    func ints(_ id: ID) -> [Int]? {
        guard let elements = elements(id), elements.count <= TensorRecord.maxDimensions else { return nil }
        let values = elements.compactMap { int($0) }
        return values.count == elements.count ? values : nil
    }

    /// The class or function of a node.
    func global(_ id: ID) -> Global? {
        if case .global(let index) = node(id), globals.indices.contains(Int(index)) { globals[Int(index)] } else { nil }
    }
}
