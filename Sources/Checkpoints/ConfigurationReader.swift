/// Reads fields of a checkpoint's configuration; errors name the field by its path.
struct ConfigurationReader {
    /// Larger values are no size of any model, and products of them stay far from overflow.
    static let largestInt = 1 << 24

    private let config: CheckpointValue

    init(_ config: CheckpointValue) { self.config = config }

    /// The field at a path.
    func value(_ path: String...) throws(CheckpointError) -> CheckpointValue { try value(at: path) }

    /// A positive integer.
    func positiveInt(_ path: String...) throws(CheckpointError) -> Int {
        let value = try value(at: path)
        guard let number = value.intValue, (1...Self.largestInt).contains(number) else {
            throw invalid(path, value, "a positive integer")
        }
        return number
    }

    /// A list of positive integers that is not empty.
    func positiveInts(_ path: String...) throws(CheckpointError) -> [Int] {
        let value = try value(at: path)
        let numbers = (value.arrayValue ?? []).map(\.intValue)
        let valid = numbers.compactMap { $0 }.filter { (1...Self.largestInt).contains($0) }
        guard !valid.isEmpty, valid.count == numbers.count else {
            throw invalid(path, value, "a list of positive integers")
        }
        return valid
    }

    /// A positive finite number.
    func positiveNumber(_ path: String...) throws(CheckpointError) -> Double {
        let value = try value(at: path)
        guard let number = value.doubleValue, number > 0, number <= Double(Self.largestInt) else {
            throw invalid(path, value, "a positive number")
        }
        return number
    }

    private func value(at path: [String]) throws(CheckpointError) -> CheckpointValue {
        var current = config
        for name in path {
            guard let next = current[name] else {
                throw CheckpointError(
                    .missingConfiguration,
                    "its configuration has no field \(path.joined(separator: ".")); is this another kind of model?")
            }
            current = next
        }
        return current
    }

    private func invalid(_ path: [String], _ value: CheckpointValue, _ wanted: String) -> CheckpointError {
        let shown =
            switch value {
            case .int(let number): "\(number)"
            case .float(let number): "\(number)"
            default: value.kindName
            }
        return CheckpointError(
            .invalidConfiguration,
            "its configuration field \(path.joined(separator: ".")) is \(shown), where \(wanted) is needed")
    }
}
