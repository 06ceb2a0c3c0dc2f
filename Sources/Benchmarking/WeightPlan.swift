/// The tensors of a checkpoint to be made: their names, shapes and what they are filled with.
///
/// Numbers are scaled so that activations keep their size from layer to layer: denormals or infinities would falsify times.
struct WeightPlan {
    /// What a tensor holds.
    enum Filling {
        /// Normal numbers, the last `zeroTail` of the tensor being 0 instead.
        case normal(deviation: Double, zeroTail: Int = 0)
        /// The same number everywhere.
        case constant(Double)
    }

    /// One tensor.
    struct Entry {
        let name: String
        let shape: [Int]
        let filling: Filling

        var count: Int { shape.reduce(1, *) }
    }

    /// Whether tensors are written in float32, as the published vocoders are; otherwise in float16.
    var isSingle = false
    /// The tensors in the order in which they are written.
    private(set) var entries: [Entry] = []

    /// Adds a tensor of normal numbers.
    mutating func add(_ name: String, _ shape: [Int], deviation: Double, zeroTail: Int = 0) {
        entries.append(Entry(name: name, shape: shape, filling: .normal(deviation: deviation, zeroTail: zeroTail)))
    }

    /// Adds a tensor of one value.
    mutating func add(_ name: String, _ shape: [Int], value: Double) {
        entries.append(Entry(name: name, shape: shape, filling: .constant(value)))
    }

    /// Adds `<name>.weight` of this shape, `[outputs, inputs, …]`, whose rows add up to `gain` in power, and `<name>.bias`,
    /// zeros.
    mutating func addLayer(_ name: String, _ shape: [Int], gain: Double = 1, hasBias: Bool = true) {
        let inputs = shape.dropFirst().reduce(1, *)
        add(name + ".weight", shape, deviation: gain / Double(max(1, inputs)).squareRoot())
        if hasBias { add(name + ".bias", [shape.first ?? 1], value: 0) }
    }

    /// Adds what ``addLayer(_:_:gain:hasBias:)`` does with weight normalisation: `weight_g` and `weight_v`.
    mutating func addNormalizedLayer(_ name: String, _ shape: [Int], gain: Double = 1, hasBias: Bool = true) {
        let outputs = shape.first ?? 1
        let inputs = shape.dropFirst().reduce(1, *)
        if hasBias { add(name + ".bias", [outputs], value: 0) }
        add(name + ".weight_g", [outputs] + shape.dropFirst().map { _ in 1 }, value: gain)
        add(name + ".weight_v", shape, deviation: 1 / Double(max(1, inputs)).squareRoot())
    }

    /// Adds a layer normalisation that changes nothing, under the names that its scale and shift have.
    mutating func addNorm(_ name: String, width: Int, scale: String = "weight", shift: String = "bias") {
        add(name + "." + scale, [width], value: 1)
        add(name + "." + shift, [width], value: 0)
    }
}
