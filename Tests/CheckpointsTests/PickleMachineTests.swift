import Testing

@testable import Checkpoints

@Suite struct PickleMachineTests {
    private func value(
        limits: CheckpointLimits = .standard, storages: [(key: String, bytes: [UInt8])] = [],
        _ build: (inout PickleBuilder) -> Void
    ) throws -> CheckpointValue {
        var builder = PickleBuilder()
        build(&builder)
        builder.op(".")
        let bytes = PickleBuilder.archive(pickle: builder.bytes, storages: storages)
        return try CheckpointFile.parse(bytes, name: "built", limits: limits).root
    }

    private func code(
        limits: CheckpointLimits = .standard, storages: [(key: String, bytes: [UInt8])] = [],
        _ build: (inout PickleBuilder) -> Void
    ) -> CheckpointError.Code? {
        Fixtures.code { _ = try value(limits: limits, storages: storages, build) }
    }

    @Test func instructionsOfTheFirstProtocolAreRead() throws {
        let root = try value { pickle in
            pickle.bytes += Array(
                "(lp0\nI42\naI01\naL-99999999999999999999L\naF2.5\naS'text'\naVwide\na(dp1\nS'k'\nNsag0\na".utf8)
        }
        let list = try #require(root.arrayValue)
        #expect(list[0].intValue == 42)
        #expect(list[1].boolValue == true)
        guard case .bigInt("-99999999999999999999") = list[2] else {
            Issue.record("a large integer became \(list[2])")
            return
        }
        #expect(list[3].doubleValue == 2.5)
        #expect(list[4].stringValue == "text")
        #expect(list[5].stringValue == "wide")
        #expect(list[6]["k"]?.isNone == true)
        guard case .record(let cycle) = list[7] else {
            Issue.record("a list in itself became \(list[7])")
            return
        }
        #expect(cycle.kind == .cycle)
    }

    @Test func integersAreExact() throws {
        let root = try value { pickle in
            pickle.op("(")
            pickle.raw(0x8A, 0)
            pickle.raw(0x8A, 1, 0xFF)
            pickle.raw(0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0)
            pickle.raw(0x8A, 9, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF)
            pickle.raw(0x8A, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80)
            pickle.op("t")
        }
        let found = (root.arrayValue ?? []).map { value in
            switch value {
            case .int(let number): "\(number)"
            case .bigInt(let digits): digits
            default: "?"
            }
        }
        #expect(
            found == ["0", "-1", "9223372036854775808", "-9223372036854775809", "-39614081257132168796771975168"])
    }

    @Test func unknownCallsBecomeRecords() throws {
        let root = try value { pickle in
            pickle.global("some.module", "make")
            pickle.op("(")
            pickle.int(3)
            pickle.text("x")
            pickle.op("t")
            pickle.op("R")
            pickle.op("}")
            pickle.text("field")
            pickle.int(5)
            pickle.op("s")
            pickle.op("b")
        }
        guard case .record(let record) = root else {
            Issue.record("not a record: \(root)")
            return
        }
        #expect(record.typeName == "some.module.make")
        #expect(record.kind == .instance)
        #expect(record.arguments.map(\.intValue) == [3, nil])
        #expect(root["field"]?.intValue == 5)
        #expect(root["other"] == nil)
    }

    @Test(arguments: [
        ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"), ("builtins", "eval"),
        ("__builtin__", "exec"), ("builtins", "exec.__call__"), ("importlib", "import_module"), ("runpy", "run_path"),
        ("torch", "load"), ("torch.hub", "load"), ("torch.utils.cpp_extension", "load_inline"), ("pickle", "loads"),
        ("socket", "socket"), ("webbrowser", "open"), ("types", "FunctionType"), ("io", "open"),
    ])
    func callablesThatReachTheSystemAreNamed(module: String, name: String) {
        let error = #expect(throws: CheckpointError.self) {
            _ = try value { $0.global(module, name) }
        }
        #expect(error?.code == .forbiddenCallable)
        #expect(error?.message.contains("\(module).\(name)") == true)
    }

    @Test func harmlessNeighboursAreNotRefused() throws {
        for (module, name) in [
            ("types", "SimpleNamespace"), ("builtins", "getattr"), ("torch.storage", "_load_from_bytes"),
        ] {
            _ = try value { $0.global(module, name) }
        }
    }

    @Test func brokenRulesAreErrors() {
        #expect(code { $0.op("R") } == .malformedPickle)
        #expect(code { $0.op("t") } == .malformedPickle)
        #expect(code { $0.raw(0x68, 9) } == .malformedPickle)
        #expect(code { $0.raw(0xFF) } == .malformedPickle)
        #expect(code { $0.raw(0x80, 9) } == .malformedPickle)
        #expect(code { $0.bytes += Array("Nb".utf8) } == .malformedPickle)
        #expect(code { $0.bytes += Array("N)R".utf8) } == .malformedPickle)
        #expect(code { $0.bytes += Array("NNa".utf8) } == .malformedPickle)
        #expect(code { $0.bytes += Array("(Nd".utf8) } == .malformedPickle)
        #expect(code { $0.bytes += Array("Ix\n".utf8) } == .malformedPickle)
        #expect(code { $0.raw(0x58, 0xFF, 0xFF, 0xFF, 0x7F) } == .malformedPickle)
        #expect(code { $0.raw(0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF) } == .malformedPickle)
        #expect(code { $0.raw(0x8B, 0xFF, 0xFF, 0xFF, 0x00) } == .malformedPickle)
        // A mark protects what lies below it.
        #expect(code { $0.bytes += Array("]N(a".utf8) } == .malformedPickle)
    }

    @Test func impossibleTensorsAreErrors() {
        let storage: [(key: String, bytes: [UInt8])] = [("0", [UInt8](repeating: 0, count: 24))]
        func tensor(_ offset: Int, _ shape: [Int], _ strides: [Int], count: Int = 6, key: String = "0")
            -> CheckpointError.Code?
        {
            code(storages: storage) {
                $0.tensor(key: key, count: count, offset: offset, shape: shape, strides: strides)
            }
        }
        #expect(tensor(0, [2, 3], [3, 1]) == nil)
        #expect(tensor(5, [1], [1]) == nil)
        #expect(tensor(6, [0], [1]) == nil)
        #expect(tensor(1, [2, 3], [3, 1]) == .invalidTensor)
        #expect(tensor(0, [2, 3], [4, 1]) == .invalidTensor)
        #expect(tensor(6, [1], [1]) == .invalidTensor)
        #expect(tensor(7, [0], [1]) == .invalidTensor)
        #expect(tensor(0, [-1], [1]) == .invalidTensor)
        #expect(tensor(5, [2], [-1]) == .invalidTensor)
        #expect(tensor(0, [2, 3], [1]) == .invalidTensor)
        #expect(tensor(0, [1 << 62, 4], [1, 1]) == .invalidTensor)
        #expect(tensor(0, [3, 3], [.max, 1]) == .invalidTensor)
        #expect(tensor(.max, [2], [.max]) == .invalidTensor)
        #expect(tensor(-1, [1], [1]) == .malformedPickle)
        #expect(tensor(0, [7], [1], count: 7) == .missingStorage)
        #expect(tensor(0, [6], [1], key: "../0") == .missingStorage)
        #expect(tensor(0, [1], [1], count: -1) == .malformedPickle)
        #expect(tensor(0, [1], [1], count: .max) == .limitExceeded)
        // Written out, this would be 2^40 elements.
        #expect(tensor(0, [1 << 20, 1 << 20], [0, 0]) == .limitExceeded)
        #expect(tensor(0, [100], [0]) == nil)
        // Sizes whose products nothing bounds, because one of them is 0.
        #expect(tensor(0, [0, 2, 1 << 62], [1, 1 << 62, 1]) == nil)
    }

    @Test func unknownElementTypesBecomeRecords() throws {
        let root = try value { pickle in
            pickle.tensor(key: "0", type: "ComplexFloatStorage", count: 1, offset: 0, shape: [1], strides: [1])
        }
        guard case .record(let record) = root else {
            Issue.record("not a record: \(root)")
            return
        }
        #expect(record.typeName == "torch._utils._rebuild_tensor_v2")
    }

    @Test func limitsHold() {
        var limits = CheckpointLimits.standard
        limits.maxObjects = 100
        limits.maxStackDepth = 50
        #expect(code(limits: limits) { $0.bytes += [UInt8](repeating: UInt8(ascii: "N"), count: 51) } == .limitExceeded)
        #expect(code(limits: limits) { $0.bytes += Array(String(repeating: "N0", count: 101).utf8) } == .limitExceeded)
        #expect(
            code(limits: limits) { $0.bytes += Array(String(repeating: "N0", count: 90).utf8) + Array("N".utf8) } == nil
        )
        limits.maxMetadataBytes = 100
        #expect(code(limits: limits) { $0.text(String(repeating: "x", count: 200)) } == .limitExceeded)
        // Copying a recalled container again and again counts what is copied.
        limits = .standard
        limits.maxObjects = 10_000
        #expect(
            code(limits: limits) { pickle in
                pickle.op("(")
                for _ in 0..<1000 { pickle.op("N") }
                pickle.bytes += Array("lq".utf8) + [0]
                for _ in 0..<20 {
                    pickle.global("builtins", "list")
                    pickle.bytes += Array("h".utf8) + [0, 0x85] + Array("R".utf8)
                }
            } == .limitExceeded)
    }

    @Test func depthIsBoundedInEveryDirection() {
        // 127 levels are read, 129 are not; the same when the depth comes from recalled values.
        func nested(_ levels: Int) -> CheckpointError.Code? {
            code { pickle in
                pickle.op(")")
                for _ in 0..<levels { pickle.raw(0x85) }
            }
        }
        #expect(nested(127) == nil)
        #expect(nested(128) == .limitExceeded)
        #expect(nested(100_000) == .limitExceeded)
        let recalled = code { pickle in
            pickle.op("(")
            pickle.op(")")
            for level in 0..<40 {
                for _ in 0..<4 { pickle.raw(0x85) }
                pickle.raw(UInt8(ascii: "q"), UInt8(level))
                pickle.raw(UInt8(ascii: "h"), UInt8(level))
            }
            pickle.op("t")
        }
        #expect(recalled == .limitExceeded)
    }

    @Test func laterValuesOfAKeyWin() throws {
        let root = try value { pickle in
            pickle.bytes += Array("}(".utf8)
            for (key, number) in [("a", 1), ("b", 2), ("a", 3)] {
                pickle.text(key)
                pickle.int(number)
            }
            pickle.op("u")
        }
        #expect(root.keys == ["a", "b"])
        #expect(root["a"]?.intValue == 3)
    }
}
