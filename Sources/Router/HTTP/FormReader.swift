/// Reads the fields of one request and collects what is wrong with each.
struct FormReader {
    /// `body` or `query`.
    let place: String
    /// The value of a field as it came, `nil` where it did not come.
    let field: (String) -> JSONValue?
    private(set) var issues: [ValidationIssue] = []

    init(place: String, field: @escaping (String) -> JSONValue?) {
        self.place = place
        self.field = field
    }

    /// Reads a field over its default.
    mutating func read<Value>(
        _ name: String, _ target: inout Value,
        _ convert: (JSONValue) throws(FieldReader.Mismatch) -> Value
    ) {
        guard let value = field(name) else { return }
        do throws(FieldReader.Mismatch) {
            target = try convert(value)
        } catch {
            report(error, at: [.name(name)], value)
        }
    }

    /// Reads a whole number of the machine's width.
    mutating func readWhole(_ name: String, _ target: inout Int) {
        var number = Int64(target)
        read(name, &number, FieldReader.integer)
        target = Int(clamping: number)
    }

    /// Reads a list of paths. Empty ones and `null` are left out, as in the Python server.
    mutating func readPaths(_ name: String, _ target: inout [String]) {
        guard let value = field(name) else { return }
        guard case .array(let values) = value else {
            let mismatch = FieldReader.Mismatch(type: "list_type", message: "Input should be a valid list")
            return report(mismatch, at: [.name(name)], value)
        }
        for (index, entry) in values.enumerated() where entry != .null {
            do throws(FieldReader.Mismatch) {
                target.append(try FieldReader.string(entry))
            } catch {
                report(error, at: [.name(name), .index(index)], entry)
            }
        }
    }

    /// Reads a boolean or a whole number: `Union[bool, int]`.
    mutating func readStreamingMode(_ name: String, _ target: inout Int) {
        guard let value = field(name) else { return }
        if case .integer(let number) = value {
            target = Int(clamping: number)
            return
        }
        do throws(FieldReader.Mismatch) {
            target = try FieldReader.boolean(value) ? 1 : 0
        } catch let notBoolean {
            do throws(FieldReader.Mismatch) {
                target = Int(clamping: try FieldReader.integer(value))
            } catch let notWhole {
                report(notBoolean, at: [.name(name), .name("bool")], value)
                report(notWhole, at: [.name(name), .name("int")], value)
            }
        }
    }

    private mutating func report(
        _ mismatch: FieldReader.Mismatch, at way: [ValidationIssue.Step], _ input: JSONValue
    ) {
        issues.append(
            ValidationIssue(
                type: mismatch.type, location: [.name(place)] + way, message: mismatch.message, input: input))
    }
}
