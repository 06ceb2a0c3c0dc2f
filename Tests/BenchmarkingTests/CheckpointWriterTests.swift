import Checkpoints
import Testing

@testable import Benchmarking

@Suite struct CheckpointWriterTests {
    private static let plan: WeightPlan = {
        var plan = WeightPlan()
        plan.add("ones", [2, 3], value: 1)
        plan.add("many", [300, 400], deviation: 0.5, zeroTail: 400)
        plan.add("few", [5, 4, 3], deviation: 2)
        plan.add("one", [1], value: -0.5)
        return plan
    }()

    private static func elements(_ record: TensorRecord) -> [Float] {
        record.withUnsafeStorageBytes { bytes in
            bytes.bindMemory(to: UInt16.self).map { Float(Float16(bitPattern: $0)) }
        }
    }

    @Test func tensorsComeBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.bin"
        try CheckpointWriter.write(Self.plan, seed: 7, path: path)
        let file = try CheckpointFile.open(path: path)
        #expect(file.container == .zip && file.headTag == nil && file.remarks.isEmpty)
        #expect(file.root.keys == ["ones", "many", "few", "one"])
        let tensors = try file.tensors(under: nil)
        #expect(tensors.values.allSatisfy { $0.dtype == .float16 && $0.storageOffset == 0 })
        #expect(tensors["few"]?.shape == [5, 4, 3])
        #expect(tensors["few"]?.strides == [12, 3, 1])
        #expect(try Self.elements(#require(tensors["ones"])) == Array(repeating: 1, count: 6))
        #expect(try Self.elements(#require(tensors["one"])) == [-0.5])

        let many = try Self.elements(#require(tensors["many"]))
        #expect(many.count == 120_000)
        #expect(many.suffix(400).allSatisfy { $0 == 0 })
        let drawn = many.dropLast(400)
        #expect(abs(drawn.reduce(0, +) / Float(drawn.count)) < 0.01)
        let power = drawn.reduce(0) { $0 + $1 * $1 } / Float(drawn.count)
        #expect(abs(power.squareRoot() - 0.5) < 0.005)
    }

    @Test func singlesAreTheSameNumbers() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.pt"
        var plan = Self.plan
        plan.isSingle = true
        try CheckpointWriter.write(plan, entry: "generator", seed: 7, path: path)
        try CheckpointWriter.write(Self.plan, seed: 7, path: folder.path + "/b.pt")
        let file = try CheckpointFile.open(path: path)
        #expect(file.root.keys == ["generator"])
        let singles = try file.tensors(under: "generator")
        let halves = try CheckpointFile.open(path: folder.path + "/b.pt").tensors(under: nil)
        for (name, half) in halves {
            let single = try #require(singles[name])
            #expect(single.dtype == .float32 && single.shape == half.shape)
            let numbers = single.withUnsafeStorageBytes { Array($0.bindMemory(to: Float.self)) }
            #expect(numbers == Self.elements(half))
        }
    }

    @Test func plainValuesComeBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.ckpt"
        let config: CheckpointValue = [
            "zero": 0, "byte": 255, "negative": -1, "int32": 2_147_483_647, "below": -2_147_483_649,
            "largest": 9_223_372_036_854_775_807, "float": 0.1, "tiny": -2.5e-300, "yes": true, "no": false,
            "nothing": .none,
            "text": "dé 好 'quoted'\n", "empty": "", "list": [1, [2.5, "x"], []], "tuple": .tuple([1, 2]),
            "nested": ["a": ["b": 1]],
        ]
        try CheckpointWriter.write(
            Self.plan, entry: "weight", envelope: (config, "remark"), seed: 7, path: path)
        let file = try CheckpointFile.open(path: path)
        #expect(file.root.keys == ["weight", "config", "info"])
        #expect(file.root["info"]?.stringValue == "remark")
        #expect(try "\(#require(file.root["config"]))" == "\(config)")
        #expect(try file.tensors(under: "weight").count == 4)
    }

    @Test func theSeedDecidesTheBytes() throws {
        let folder = try TemporaryFolder()
        for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] as [(String, UInt64)] {
            try CheckpointWriter.write(Self.plan, seed: seed, path: "\(folder.path)/\(name)")
        }
        #expect(try folder.bytes("a") == folder.bytes("b"))
        #expect(try folder.bytes("a") != folder.bytes("c"))
    }
}

@Suite struct NormalHalvesTests {
    @Test func quantilesOfTheNormalDistribution() {
        for (probability, expected) in [
            (0.5, 0), (0.841_344_746_068_543, 1), (0.975, 1.959_963_984_540_054), (0.001, -3.090_232_306_167_814),
            (1 / 131_072.0, -4.325_000_000),
        ] as [(Double, Double)] {
            #expect(abs(NormalHalves.quantile(probability) - expected) < (probability < 1e-4 ? 0.001 : 1e-9))
        }
    }

    @Test(arguments: [1000, 200_000]) func neighboursAreIndependent(_ count: Int) {
        var numbers = NormalHalves(seed: 3)
        let values = numbers.draw(count, deviation: 1).map { Double(Float16(bitPattern: $0)) }
        let bound = 5 / Double(count).squareRoot()
        for lag in 1...4 {
            let products = zip(values, values.dropFirst(lag)).map(*)
            #expect(abs(products.reduce(0, +) / Double(products.count)) < bound, "lag \(lag)")
        }
        #expect(abs(values.reduce(0, +) / Double(count)) < bound)
    }
}
