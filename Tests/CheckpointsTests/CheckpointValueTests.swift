import Testing

@testable import Checkpoints

@Suite struct CheckpointValueTests {
    static let files = ["values.pt", "values_protocol5.pt", "values_legacy.pt", "values_legacy_protocol4.pt"]

    @Test(arguments: files) func scalarTypes(file: String) throws {
        let root = try Fixtures.open(file).root
        let expected: [(ScalarType, [Float])] = [
            (.float16, [1.5, -2, 65504]), (.bfloat16, [1.5, -2, Float(bitPattern: 0x7F62_0000)]),
            (.float32, [1.5, -2, 0.1]), (.float64, [1.5, -2, 0.1]), (.int8, [1, -2, -128]), (.int16, [1, -2, -32768]),
            (.int32, [1, -2, -2_147_483_648]), (.int64, [1, -2, 1_099_511_627_776]), (.uint8, [1, 2, 255]),
            (.bool, [1, 0, 1]),
        ]
        for (dtype, numbers) in expected {
            let tensor = try #require(root[dtype.rawValue]?.tensorValue, "\(dtype)")
            #expect(tensor.dtype == dtype)
            #expect(tensor.shape == [1, 3])
            #expect(try tensor.floats() == numbers)
        }
    }

    @Test(arguments: files) func stridedAndSharedStorages(file: String) throws {
        let root = try Fixtures.open(file).root
        let transposed = try #require(root["transposed"]?.tensorValue)
        #expect(transposed.shape == [6, 4])
        #expect(transposed.strides == [1, 6])
        #expect(!transposed.isContiguous)
        #expect(try transposed.floats().prefix(5) == [0, 6, 12, 18, 1])
        let sliced = try #require(root["sliced"]?.tensorValue)
        #expect(sliced.storageOffset == 7)
        #expect(try sliced.floats() == [7, 9, 11, 13, 15, 17])
        let shared = try #require(root["shared"]?.tensorValue)
        #expect(shared.isContiguous)
        #expect(shared.storage === transposed.storage)
        #expect(shared.storage === sliced.storage)
        let expanded = try #require(root["expanded"]?.tensorValue)
        #expect(expanded.strides == [0])
        #expect(try expanded.floats() == [7, 7, 7, 7, 7])
        let empty = try #require(root["empty"]?.tensorValue)
        #expect(empty.shape == [0, 3])
        #expect(empty.isContiguous)
        #expect(try empty.floats().isEmpty)
        let scalar = try #require(root["scalar"]?.tensorValue)
        #expect(scalar.shape.isEmpty)
        #expect(try scalar.floats() == [2.5])
        #expect(try root["parameter"]?.tensorValue?.floats() == [1, 2])
    }

    @Test(arguments: files) func numbersAndContainers(file: String) throws {
        let root = try Fixtures.open(file).root
        #expect(root["none"]?.isNone == true)
        #expect(root["true"]?.boolValue == true)
        #expect(root["false"]?.boolValue == false)
        #expect(root["true"]?.intValue == nil)
        #expect(root["small"]?.intValue == -7)
        #expect(root["large"]?.intValue == 1 << 40)
        #expect(root["minimum"]?.intValue == .min)
        #expect(digits(root["bigger"]) == "9223372036854775808")
        #expect(digits(root["biggest"]) == "1" + String(repeating: "0", count: 40))
        #expect(digits(root["negative"]) == "-1" + String(repeating: "0", count: 40))
        #expect(root["number"]?.doubleValue == 0.1)
        #expect(root["infinite"]?.doubleValue == .infinity)
        #expect(root["text"]?.stringValue == "héllo\n☃")
        guard case .bytes([0, 0xFF]) = root["data"] else {
            Issue.record("bytes became \(String(describing: root["data"]))")
            return
        }
        #expect(root["list"]?.arrayValue?[1].arrayValue?[0].intValue == 2)
        #expect(root["tuple"]?.arrayValue?.count == 3)
        #expect(root["set"]?.arrayValue?.map(\.intValue) == [3])
        #expect(root["default"]?["k"]?.arrayValue?[0].intValue == 1)
        #expect(root["size"]?.arrayValue?.map(\.intValue) == [2, 3])
        #expect(root["dtype"]?.stringValue == "torch.float16")
        #expect(root["device"]?.stringValue == "cuda:1")
        #expect(root["state"]?.keys == ["weight", "bias"])
        #expect(root["state"]?["weight"]?.tensorValue?.shape == [1, 2])
        guard case .dictionary(let entries) = root["keys"] else {
            Issue.record("no dictionary")
            return
        }
        #expect(entries.count == 2)
        #expect(root["keys"]?["1"]?.stringValue == "text")
    }

    private func digits(_ value: CheckpointValue?) -> String? {
        if case .bigInt(let digits) = value { digits } else { nil }
    }

    @Test(.timeLimit(.minutes(1))) func selfReferencesEnd() throws {
        let file = try Fixtures.open("recursive.pt")
        func isCycle(_ value: CheckpointValue?) -> Bool {
            if case .record(let record) = value { record.kind == .cycle } else { false }
        }
        #expect(isCycle(file.root["list"]?.arrayValue?[1]))
        #expect(isCycle(file.root["dictionary"]?["inner"]?["outer"]))
        #expect(isCycle(file.root["object"]?["me"]))
        #expect(Inspector.inspect(file).findings.contains { $0.code == "opaque_class" })
    }

    @Test func recordsShowTheirFields() throws {
        let extra = try #require(try Fixtures.open("gpt_unknown_class.ckpt").root["extra"])
        guard case .record(let record) = extra else {
            Issue.record("not a record: \(extra)")
            return
        }
        #expect(record.typeName == "no_such_module.sub.Thing")
        #expect(extra["a"]?.intValue == 1)
        #expect(extra["b"]?["x"]?.arrayValue?[1].doubleValue == 2.5)
        #expect(extra.keys == ["a", "b"])
    }
}
