import TestSupport
import Testing

@testable import Audio

@Suite struct FragmentsTests {
    private struct Manifest: Decodable {
        struct Case: Decodable {
            let batchIndexList: [[Int]]?
            let fragmentInterval: Double
            let splitBucket: Bool

            enum CodingKeys: String, CodingKey {
                case batchIndexList = "batch_index_list"
                case fragmentInterval = "fragment_interval"
                case splitBucket = "split_bucket"
            }
        }
        let postprocess: [Case]
    }

    @Test(arguments: Fixtures.modelGoldens(bundled: "audio")) func equalTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("post")
        let cases = try set.manifest("post", as: Manifest.self).postprocess
        try #require(!cases.isEmpty)
        for (number, arguments) in cases.enumerated() {
            var batches: [[[Float]]] = []
            while golden.contains("post\(number).in\(batches.count)_0") {
                var batch: [[Float]] = []
                while golden.contains("post\(number).in\(batches.count)_\(batch.count)") {
                    batch.append(try golden.floats("post\(number).in\(batches.count)_\(batch.count)"))
                }
                batches.append(batch)
            }
            let joined = try Fragments.join(
                batches, order: arguments.splitBucket ? arguments.batchIndexList : nil,
                interval: arguments.fragmentInterval)
            // The one intended difference: full scale clips where the reference wraps around.
            var expected = try golden.int16s("post\(number).out")
            try #require(expected.count == joined.count)
            for index in joined.indices where joined[index] == 1 {
                #expect(expected[index] == .min)
                expected[index] = .max
            }
            #expect(try PCM16.quantize(joined) == expected, "case \(number)")
        }
    }

    @Test func aPeakOfAtMostOneStays() {
        #expect(Fragments.limitPeak([0.5, -1]) == [0.5, -1])
        #expect(Fragments.limitPeak([0.5, -2]) == [0.25, -1])
        #expect(Fragments.limitPeak([]) == [])
    }

    @Test func pausesAreTruncatedToSamples() throws {
        #expect(try Fragments.silenceCount(interval: 0.3) == 9600)
        #expect(try Fragments.silenceCount(interval: 0.00004) == 1)
        #expect(try Fragments.silenceCount(interval: 0) == 0)
        #expect(try Fragments.silenceCount(interval: -1) == 0)
        for interval in [Double.nan, .infinity, 61] {
            #expect(throws: AudioError.self) { try Fragments.silenceCount(interval: interval) }
        }
    }

    @Test(arguments: [[[0]], [[0, 2]], [[0, 0]], [[0], [1]], [[-1, 0]]]) func refusesAWrongOrder(_ order: [[Int]]) {
        let error = #expect(throws: AudioError.self) { try Fragments.join([[[1], [2]]], order: order, interval: 0) }
        #expect(error?.code == .invalidArgument)
    }
}

@Suite struct PCM16Tests {
    @Test func truncatesTowardZeroAndClips() throws {
        let samples: [Float] = [0, 0.99999, -0.99999, 1, -1, 1.5, -1.5, 1.9 / 32768, -1.9 / 32768]
        #expect(try PCM16.quantize(samples) == [0, 32767, -32767, 32767, -32768, 32767, -32768, 1, -1])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude])
    func refusesWhatIsNotFinite(_ sample: Float) {
        let error = #expect(throws: AudioError.self) { try PCM16.quantize([0, sample]) }
        #expect(error?.code == .nonFinite)
    }
}

@Suite struct OverlapAddTests {
    private struct Manifest: Decodable {
        struct Case: Decodable {
            let fragments: [Int]
            let overlap: Int
            let search: Int
        }
        let sola: [Case]
    }

    @Test(arguments: Fixtures.modelGoldens(bundled: "audio")) func equalsTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("post")
        let cases = try set.manifest("post", as: Manifest.self).sola
        try #require(!cases.isEmpty)
        for (number, arguments) in cases.enumerated() {
            let fragments = try arguments.fragments.indices.map { try golden.floats("sola\(number).in\($0)") }
            let joined = try OverlapAdd.join(fragments, overlap: arguments.overlap, search: arguments.search)
            let difference = largestDifference(joined, try golden.floats("sola\(number).out"))
            let tolerance = golden.tolerance("sola\(number).out", otherwise: 1e-5)
            #expect(difference <= tolerance, "case \(number): \(difference)")
        }
    }

    @Test func joinsNothingAndOneFragment() throws {
        #expect(try OverlapAdd.join([], overlap: 4) == [])
        #expect(try OverlapAdd.join([[1, 2]], overlap: 4) == [1, 2])
    }

    @Test func refusesFragmentsShorterThanTheOverlap() {
        #expect(throws: AudioError.self) { try OverlapAdd.join([[1, 2, 3], [1, 2, 3, 4]], overlap: 4) }
        #expect(throws: AudioError.self) { try OverlapAdd.join([[1], [1]], overlap: 0) }
        #expect(throws: AudioError.self) { try OverlapAdd.join([[1], [1]], overlap: .max, search: .max) }
    }
}

@Suite struct ContentHashTests {
    /// A wider alignment corrupted the heap of requests with auxiliary references.
    @Test func isAlignedLikeOrdinaryValues() {
        #expect(MemoryLayout<ContentHash>.alignment <= 16)
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000),
            "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
        ),
    ])
    func equalsThePublishedDigests(_ text: String, _ digest: String) {
        #expect(ContentHash(of: Array(text.utf8)).description == digest)
    }

    @Test func padsEveryLengthToWholeBlocks() {
        let digests = Set((0..<200).map { ContentHash(of: [UInt8](repeating: 0x61, count: $0)) })
        #expect(digests.count == 200)
        // From FIPS 180-4 implementations: 55, 56 and 64 bytes are where the padding changes.
        #expect(
            ContentHash(of: [UInt8](repeating: 0x61, count: 64)).description
                == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb")
    }
}
