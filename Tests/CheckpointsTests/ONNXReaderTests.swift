import Foundation
import Testing

@testable import Checkpoints

@Suite struct ONNXReaderTests {
    private static let networks = Fixtures.folder.deletingLastPathComponent().appending(path: "g2pw")

    private func tensors(_ model: [UInt8]) throws -> [String: TensorRecord] {
        try CheckpointFile.parse(model, name: "model.onnx").tensors(under: nil)
    }

    private func code(_ model: [UInt8]) -> CheckpointError.Code? {
        Fixtures.code { _ = try CheckpointFile.parse(model, name: "model.onnx") }
    }

    // MARK: Files of PyTorch's exporter

    @Test("weights have PyTorch's names and shapes", arguments: [("narrow", 24, 40, 2, "3"), ("wide", 64, 32, 1, "2")])
    func names(_ name: String, _ width: Int, _ inner: Int, _ layers: Int, _ heads: String) throws {
        let file = try CheckpointFile.open(path: Self.networks.appending(path: name + ".onnx").path)
        #expect(file.container == .onnx)
        #expect(file.metadata["num_attention_heads"] == heads)
        #expect(file.metadata["layer_norm_eps"].flatMap(Float.init) == 1e-12)
        let tensors = try file.tensors(under: nil)
        for layer in 0..<layers {
            let prefix = "bert.encoder.layer.\(layer)."
            for part in ["query", "key", "value"] {
                #expect(tensors["\(prefix)attention.self.\(part).weight"]?.shape == [width, width])
            }
            #expect(tensors["\(prefix)attention.output.dense.weight"]?.shape == [width, width])
            #expect(tensors["\(prefix)intermediate.dense.weight"]?.shape == [inner, width])
            #expect(tensors["\(prefix)output.dense.weight"]?.shape == [width, inner])
        }
        // 5 of the embeddings, 7 of the head, 16 of each layer; nothing without a name is left.
        #expect(tensors.count == 5 + 7 + 16 * layers)
        #expect(tensors.keys.allSatisfy { $0.contains(".") && !$0.contains(":") })
    }

    @Test("a converted file holds the same")
    func conversion() throws {
        let file = try CheckpointFile.open(path: Self.networks.appending(path: "narrow.onnx").path)
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "g2pW.safetensors").path
        let tensors = try file.tensors(under: nil)
        try SafetensorsWriter.write(tensors, metadata: file.metadata, to: path)
        let converted = try CheckpointFile.open(path: path)
        #expect(converted.container == .safetensors)
        #expect(converted.metadata == file.metadata)
        let read = try converted.tensors(under: nil)
        #expect(read.keys.sorted() == tensors.keys.sorted())
        for (name, tensor) in tensors {
            let other = try #require(read[name])
            #expect(other.shape == tensor.shape)
            #expect(other.isContiguous)
            #expect(try other.floats() == tensor.floats(), "\(name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["g2pW.safetensors"])
        #expect(
            Fixtures.code { try SafetensorsWriter.write(tensors, to: folder.path + "/none/g2pW.safetensors") }
                == .notWritable)
    }

    @Test("what was read of a file is read again after its memory was given back")
    func releasedPages() throws {
        let file = try CheckpointFile.open(path: Self.networks.appending(path: "wide.onnx").path)
        let tensor = try #require(file.tensors(under: nil)["char_descriptor.weight"])
        let floats = try tensor.floats()
        let row = try #require(tensor.row(5))
        #expect(row == Array(floats[5 * 17..<6 * 17]))
        #expect(tensor.row(6) == nil)
        tensor.storage.releaseFilePages()
        #expect(tensor.row(5) == row)
        #expect(try tensor.floats() == floats)
    }

    // MARK: Element types and ways to store them

    @Test func elementTypes() throws {
        let half: [Float16] = [1.5, -2]
        let tensors = try tensors(
            ONNXBuilder.model(initializers: [
                ONNXBuilder.tensor("float", [2], [0.5, -1]),
                ONNXBuilder.tensor("half", [2], type: 10, data: ONNXBuilder.field(9, ONNXBuilder.raw(half))),
                ONNXBuilder.tensor(
                    "packed", [2], type: 1, data: ONNXBuilder.field(4, ONNXBuilder.raw([2, 3] as [Float]))),
                ONNXBuilder.tensor(
                    "apart", [2], type: 1,
                    data: [0x25] + ONNXBuilder.raw([4 as Float]) + [0x25] + ONNXBuilder.raw([5 as Float])),
                ONNXBuilder.tensor(
                    "half bits", [2], type: 10,
                    data: ONNXBuilder.field(5, half.flatMap { ONNXBuilder.varint(UInt64($0.bitPattern)) })),
                ONNXBuilder.tensor(
                    "long", [3], type: 7,
                    data: ONNXBuilder.field(
                        7, [7, -1, 1 << 40].flatMap { ONNXBuilder.varint(UInt64(bitPattern: $0 as Int64)) })),
                ONNXBuilder.tensor("scalar", [], type: 1, data: ONNXBuilder.field(9, ONNXBuilder.raw([6 as Float]))),
                ONNXBuilder.tensor("empty", [0, 4], type: 1, data: []),
            ]))
        #expect(try tensors["float"]?.floats() == [0.5, -1])
        #expect(tensors["half"]?.dtype == .float16)
        #expect(try tensors["half"]?.floats() == [1.5, -2])
        #expect(try tensors["packed"]?.floats() == [2, 3])
        #expect(try tensors["apart"]?.floats() == [4, 5])
        #expect(try tensors["half bits"]?.floats() == [1.5, -2])
        #expect(try tensors["long"]?.floats() == [7, -1, 1_099_511_627_776])
        #expect(tensors["scalar"]?.shape == [])
        #expect(tensors["empty"]?.shape == [0, 4])
    }

    // MARK: Ways to say "linear layer"

    private static let weight: [Float] = [1, 2, 3, 4, 5, 6]
    private static let rows = [[1, 3, 5], [2, 4, 6]].flatMap { $0 as [Float] }

    @Test func linearLayers() throws {
        let numbered = ONNXBuilder.tensor("12", [3, 2], Self.weight)
        let bias = ONNXBuilder.tensor("layer.bias", [2], [0, 0])
        let sum = ONNXBuilder.node("Add", ["layer.bias", "product"], ["out"])
        let plain = ONNXBuilder.model(
            nodes: [ONNXBuilder.node("MatMul", ["in", "12"], ["product"]), sum], initializers: [numbered, bias])
        let transposed = ONNXBuilder.model(
            nodes: [
                ONNXBuilder.node("Transpose", ["12"], ["turned"]), ONNXBuilder.node("Identity", ["turned"], ["same"]),
                ONNXBuilder.node("MatMul", ["in", "same"], ["product"]), sum,
            ],
            initializers: [ONNXBuilder.tensor("12", [2, 3], Self.rows), bias])
        let constant = ONNXBuilder.model(
            nodes: [
                ONNXBuilder.node(
                    "Constant", [], ["12"], [ONNXBuilder.field(1, "value") + ONNXBuilder.field(5, numbered)]),
                ONNXBuilder.node("MatMul", ["in", "12"], ["product"]), sum,
            ], initializers: [bias])
        let gemm = ONNXBuilder.model(
            nodes: [ONNXBuilder.node("Gemm", ["in", "12", "layer.bias"], ["out"])], initializers: [numbered, bias])
        let turnedGemm = ONNXBuilder.model(
            nodes: [
                ONNXBuilder.node("Gemm", ["in", "12", "layer.bias"], ["out"], [ONNXBuilder.integer("transB", 1)])
            ], initializers: [ONNXBuilder.tensor("12", [2, 3], Self.rows), bias])
        for model in [plain, transposed, constant, gemm, turnedGemm] {
            let tensors = try tensors(model)
            #expect(tensors["layer.weight"]?.shape == [2, 3])
            #expect(try tensors["layer.weight"]?.floats() == Self.rows)
            #expect(tensors["layer.bias"]?.shape == [2])
        }
        #expect(try tensors(plain).count == 2)
    }

    @Test("a tensor that is stored once and named twice")
    func aliases() throws {
        let tensors = try tensors(
            ONNXBuilder.model(
                nodes: [ONNXBuilder.node("Identity", ["norm.0.weight"], ["norm.1.weight"])],
                initializers: [ONNXBuilder.tensor("norm.0.weight", [2], [1, 2])]))
        #expect(try tensors["norm.1.weight"]?.floats() == [1, 2])
    }

    @Test("chains that never end, or lead nowhere, name nothing")
    func cycles() throws {
        let tensors = try tensors(
            ONNXBuilder.model(
                nodes: [
                    ONNXBuilder.node("Identity", ["a"], ["b"]), ONNXBuilder.node("Identity", ["b"], ["a"]),
                    ONNXBuilder.node("MatMul", ["in", "a"], ["product"]),
                    ONNXBuilder.node("Add", ["layer.bias", "product"], ["out"]),
                    ONNXBuilder.node("Add", ["layer.bias", "out"], ["out"]),
                    ONNXBuilder.node("Gemm", ["in"], []), ONNXBuilder.node("Sqrt", ["out"], ["root"]),
                    ONNXBuilder.node("Reshape", ["out"], []),
                ], initializers: [ONNXBuilder.tensor("layer.bias", [2], [1, 2])]))
        #expect(tensors.keys.sorted() == ["layer.bias"])
    }

    // MARK: What is refused

    @Test func refusals() {
        let external = ONNXBuilder.tensor(
            "far", [2], type: 1,
            data: ONNXBuilder.field(13, ONNXBuilder.field(1, "location") + ONNXBuilder.field(2, "weights.bin"))
                + ONNXBuilder.field(14, 1))
        #expect(code(ONNXBuilder.model(initializers: [external])) == .unsupportedFormat)
        #expect(
            code(ONNXBuilder.model(initializers: [ONNXBuilder.tensor("text", [1], type: 8, data: [])]))
                == .unsupportedScalarType)
        #expect(code(ONNXBuilder.model(initializers: [ONNXBuilder.tensor("short", [3], [1, 2])])) == .invalidTensor)
        #expect(
            code(
                ONNXBuilder.model(initializers: [
                    ONNXBuilder.tensor("huge", [1 << 40, 1 << 40], type: 1, data: ONNXBuilder.field(9, [0] as [UInt8]))
                ])) == .invalidTensor)
        #expect(
            code(ONNXBuilder.model(initializers: [ONNXBuilder.tensor("negative", [.max], [1])])) == .invalidTensor)
        let whole = ONNXBuilder.model(initializers: [ONNXBuilder.tensor("a", [2], [1, 2])])
        #expect(code(Array(whole.dropLast(3))) == .truncated)
        // A field of a wire type that ONNX does not have.
        #expect(code(ONNXBuilder.field(1, 7) + ONNXBuilder.field(2, "pytorch") + [0x0B]) == .malformedMessage)
        #expect(code(ONNXBuilder.field(1, 7) + ONNXBuilder.field(2, "pytorch")) == .malformedMessage)
        var limits = CheckpointLimits.standard
        limits.maxArchiveEntries = 1
        let two = ONNXBuilder.model(initializers: [
            ONNXBuilder.tensor("a", [1], [1]), ONNXBuilder.tensor("b", [1], [1]),
        ])
        #expect(Fixtures.code { _ = try CheckpointFile.parse(two, name: "x", limits: limits) } == .limitExceeded)
        limits = .standard
        limits.maxMetadataBytes = 100
        #expect(Fixtures.code { _ = try CheckpointFile.parse(two, name: "x", limits: limits) } == .limitExceeded)
    }

    /// A linear congruential generator (Knuth's MMIX), so that every run mutates alike.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test("5,000 mutated models end in tensors or in an error")
    func mutations() throws {
        var generator = Generator(state: 11)
        let path = Self.networks.appending(path: "narrow.onnx")
        let whole = try [UInt8](Data(contentsOf: path))
        // Mostly outside the weights, where the structure lies: operations come first.
        var outcomes: [String: Int] = [:]
        for round in 0..<5000 {
            var bytes = whole
            let structure = Bool.random(using: &generator) ? 40_000 : whole.count
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<min(structure, bytes.count), using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 3))
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
            }
            if round % 10 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator)) }
            do {
                let file = try CheckpointFile.parse(bytes, name: "mutated")
                outcomes["read", default: 0] += 1
                for tensor in ((try? file.tensors(under: nil)) ?? [:]).values { _ = tensor.countNonFinite() }
            } catch { outcomes[error.code.rawValue, default: 0] += 1 }
        }
        #expect((outcomes["read"] ?? 0) > 0)
        #expect((outcomes["truncated"] ?? 0) > 0)
        #expect((outcomes["malformed_message"] ?? 0) > 0)
    }
}
