/// Examines an open checkpoint. Reads every tensor once; a broken container has thrown before.
public struct Inspector {
    private let file: CheckpointFile
    private let knownHashes: [String: SoVITSVersion]
    private let listing: TensorListing
    private var findings: [InspectionReport.Finding] = []

    /// Most findings of one kind that are listed one by one.
    private static let maxFindingsOfAKind = 20

    /// Examines a file.
    ///
    /// - Parameter knownHashes: versions by the MD5 of the first 8192 bytes.
    public static func inspect(
        _ file: CheckpointFile, knownHashes: [String: SoVITSVersion] = SoVITSVersion.publishedHashes
    ) -> InspectionReport {
        var inspector = Inspector(file, knownHashes)
        return inspector.report()
    }

    private init(_ file: CheckpointFile, _ knownHashes: [String: SoVITSVersion]) {
        self.file = file
        self.knownHashes = knownHashes
        listing = TensorListing(file.root)
    }

    private mutating func report() -> InspectionReport {
        for remark in file.remarks { add(.note, "container", remark) }
        let kind = guessKind()
        var version: SoVITSVersion?
        var loraRank: Int?
        var gptSizes: GPTSizes?
        var sovitsSizes: SoVITSSizes?
        switch kind {
        case .gpt: gptSizes = inspectGPT()
        case .sovits: (version, loraRank, sovitsSizes) = inspectSoVITS()
        case .g2pw, .other: break
        }
        findRecords()
        let tensors = inspectTensors()
        let parameterCount = parameterCount(of: kind)
        let order: [InspectionReport.Severity] = [.error, .warning, .note]
        return InspectionReport(
            path: file.path, byteCount: file.byteCount, container: file.container, headTag: file.headTag?.text,
            headDigest: file.headDigest, kind: kind, version: version, loraRank: loraRank,
            requiredBase: version.flatMap { version in
                guard version.isLoRA, let place = version.model.publishedBase else { return nil }
                return "the whole \(version.model.rawValue) base model, \(place)"
            },
            gptSizes: gptSizes, sovitsSizes: sovitsSizes, parameterCount: parameterCount,
            memory: [ScalarType.float32, .float16, .bfloat16].map { dtype in
                InspectionReport.Memory(dtype: dtype, byteCount: parameterCount &* dtype.byteCount)
            },
            info: file.root["info"]?.stringValue?.printable(maxLength: 200),
            entries: entries(), configuration: file.root["config"].map { InspectedValue($0) }, tensors: tensors,
            totals: totals(), findings: order.flatMap { severity in findings.filter { $0.severity == severity } })
    }

    private mutating func add(_ severity: InspectionReport.Severity, _ code: String, _ message: String) {
        let known = findings.count { $0.code == code }
        guard known <= Self.maxFindingsOfAKind else { return }
        let isLast = known == Self.maxFindingsOfAKind
        findings.append(
            InspectionReport.Finding(
                severity: severity, code: code,
                message: isLast ? "and more of this kind" : message.printable(maxLength: 1000)))
    }

    private mutating func add(_ error: CheckpointError) {
        // The report names the file once, at its top.
        let prefix = "\(file.path): "
        let message = error.message.hasPrefix(prefix) ? String(error.message.dropFirst(prefix.count)) : error.message
        add(.error, error.code.rawValue, message)
    }

    // MARK: Kind and version

    private func guessKind() -> InspectionReport.Kind {
        if listing.items.contains(where: { $0.place == "second_order_descriptor.weight" }) { return .g2pw }
        let underWeight = "weight."
        // A GPT model is known wherever its tensors lie; vocoders and others have names like a SoVITS model's, elsewhere.
        let places = listing.items.lazy.map(\.place)
        if ModelStage(places.map { "." + $0 }) == .first { return .gpt }
        if ModelStage(places.filter { $0.hasPrefix(underWeight) }.map { $0.dropFirst(underWeight.count) }) == .second {
            return .sovits
        }
        if file.headTag != nil { return .sovits }
        return .other
    }

    private mutating func inspectGPT() -> GPTSizes? {
        do throws(CheckpointError) {
            return try GPTCheckpoint(file).sizes
        } catch {
            guard let weights = try? file.tensors(under: "weight"), let config = file.root["config"],
                let sizes = try? GPTSizes(config: config, weights: weights)
            else {
                add(error)
                return nil
            }
            for problem in sizes.problems(of: weights) { add(problem) }
            if findings.isEmpty { add(error) }
            return sizes
        }
    }

    private mutating func inspectSoVITS() -> (SoVITSVersion, Int?, SoVITSSizes?) {
        let weights = (try? file.tensors(under: "weight")) ?? [:]
        let version = SoVITSVersion.detect(
            headDigest: file.headDigest, headTag: file.headTag, byteCount: file.byteCount, knownHashes: knownHashes
        ).refined(textEmbeddingRows: weights[SoVITSCheckpoint.textEmbeddingName]?.shape.first)
            .refined(by: SoVITSContent(weights.keys), path: file.path)
        var loraRank: Int?
        do throws(CheckpointError) {
            loraRank = try SoVITSCheckpoint(file, knownHashes: knownHashes).loraRank
        } catch {
            add(error)
        }
        let parts = SoVITSParts(version)
        let found = Set(weights.keys.map { $0.split(separator: ".").first.map(String.init) ?? $0 })
        for part in parts.required.subtracting(found).sorted() {
            add(.error, "missing_part", "no tensor of '\(part)', which a \(version.model.rawValue) model needs")
        }
        for part in found.subtracting(parts.known).sorted() {
            add(.warning, "unknown_part", "tensors of '\(part)' belong to no SoVITS model and are ignored")
        }
        let leftovers = weights.keys.count { $0.hasPrefix("enc_q.") }
        if leftovers > 0 {
            add(.note, "training_leftovers", "\(leftovers) tensors of enc_q are only for training and are ignored")
        }
        if version.isLoRA {
            let rank = loraRank.map { " of rank \($0)" } ?? ""
            add(.note, "lora", "LoRA factors\(rank): needs the whole \(version.model.rawValue) base model beside it")
        }
        if let rows = weights[SoVITSCheckpoint.textEmbeddingName]?.shape.first, rows != 322, rows != 732 {
            add(
                .warning, "unknown_symbols", "its text embedding has \(rows) rows, where 322 (v1) or 732 (v2) are known"
            )
        }
        let sizes = file.root["config"].flatMap { try? SoVITSSizes(config: $0, weights: weights, version: version) }
        return (version, loraRank, sizes)
    }

    // MARK: Content

    private func entries() -> [InspectionReport.Entry] {
        guard file.container != .safetensors, file.container != .onnx else { return [] }
        return file.root.fieldEntries.prefix(64).map { entry in
            let count = entry.value.fieldEntries.count
            let kind = count > 0 ? "\(entry.value.kindName) of \(count)" : entry.value.kindName
            return InspectionReport.Entry(
                key: entry.key.printable(maxLength: 80), kind: kind.printable(maxLength: 200))
        }
    }

    /// Notes classes that were not looked up.
    private mutating func findRecords() {
        var names: [String: Int] = [:]
        Self.countRecords(file.root, into: &names)
        for (name, count) in names.sorted(by: { $0.key < $1.key }) {
            let isHyperparameters = name == "utils.HParams"
            add(
                .note, "opaque_class",
                isHyperparameters
                    ? "\(count) configuration objects of class utils.HParams are read as records"
                    : "\(count) objects of class \(name) are read as records; nothing of them was executed")
        }
    }

    private static func countRecords(_ value: CheckpointValue, into names: inout [String: Int]) {
        switch value {
        case .list(let values), .tuple(let values):
            for value in values { countRecords(value, into: &names) }
        case .dictionary(let entries):
            for entry in entries { countRecords(entry.value, into: &names) }
        case .record(let record):
            names[record.typeName.printable(maxLength: 200), default: 0] += 1
            for value in record.arguments + record.elements { countRecords(value, into: &names) }
            for field in record.fields { countRecords(field.value, into: &names) }
        default: break
        }
    }

    private func totals() -> [InspectionReport.Total] {
        var totals: [ScalarType: InspectionReport.Total] = [:]
        for item in listing.items {
            let empty = InspectionReport.Total(dtype: item.tensor.dtype, tensorCount: 0, elementCount: 0)
            totals[item.tensor.dtype, default: empty].tensorCount += 1
            totals[item.tensor.dtype, default: empty].elementCount &+= item.tensor.elementCount
        }
        return ScalarType.allCases.compactMap { totals[$0] }
    }

    /// Numbers that are loaded: not what training left behind, nor the codebook's averages.
    private func parameterCount(of kind: InspectionReport.Kind) -> Int {
        let unread = ["weight.enc_q.", "._codebook.embed_avg", "._codebook.cluster_size", "._codebook.inited"]
        return listing.items.reduce(0) { count, item in
            guard item.tensor.dtype.isFloatingPoint, kind != .sovits || !unread.contains(where: item.place.contains)
            else {
                return count
            }
            return count &+ item.tensor.elementCount
        }
    }

    private mutating func inspectTensors() -> [InspectionReport.Tensor] {
        if listing.omittedCount > 0 {
            add(.warning, "too_many_tensors", "\(listing.omittedCount) further tensors are not listed")
        }
        var members: [ObjectIdentifier: [String]] = [:]
        for item in listing.items { members[ObjectIdentifier(item.tensor.storage), default: []].append(item.place) }
        var sharedNumbers: [ObjectIdentifier: Int] = [:]
        // Tensors may overlap as often as a hostile file likes; what is read in all is bounded by the file's size.
        var scanBudget = 4 * file.byteCount + (64 << 20)
        var checked: Set<ObjectIdentifier> = []
        var tensors: [InspectionReport.Tensor] = []
        for item in listing.items {
            let tensor = item.tensor
            let storage = ObjectIdentifier(tensor.storage)
            if checked.insert(storage).inserted { checkStorage(tensor.storage, name: item.place) }
            let names = members[storage] ?? []
            if names.count > 1, sharedNumbers[storage] == nil {
                sharedNumbers[storage] = sharedNumbers.count + 1
                let shown = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
                add(.note, "shared_storage", "\(names.count) tensors share one storage: \(shown)")
            }
            var count = TensorRecord.NonFiniteCount()
            let cost = tensor.elementCount * tensor.dtype.byteCount
            if cost <= scanBudget {
                scanBudget -= cost
                count = tensor.countNonFinite()
            } else {
                add(.warning, "not_scanned", "\(item.place) was not searched for NaN: too many overlapping tensors")
            }
            if !count.isZero {
                // Loading refuses it, except in what training left behind.
                add(
                    item.place.contains("enc_q.") ? .warning : .error, CheckpointError.Code.nonFinite.rawValue,
                    "tensor \(item.place) holds \(count.nan) NaN and \(count.infinity) infinite values")
            }
            // The linear layers of an ONNX model lie transposed, all of them.
            if !tensor.isContiguous, file.container != .onnx {
                add(.note, "strided", "tensor \(item.place) has strides \(tensor.strides) for shape \(tensor.shape)")
            }
            tensors.append(
                InspectionReport.Tensor(
                    name: item.place, dtype: tensor.dtype, shape: tensor.shape,
                    strides: tensor.isContiguous ? nil : tensor.strides,
                    storageOffset: tensor.storageOffset == 0 ? nil : tensor.storageOffset,
                    sharedStorage: sharedNumbers[storage], nonFinite: count.isZero ? nil : count))
        }
        return tensors
    }

    private mutating func checkStorage(_ storage: TensorStorage, name: String) {
        guard let expected = storage.expectedChecksum, Checksum.crc32(storage.rawBytes) != expected else { return }
        add(
            .warning, "checksum",
            "the checksum of \(name) does not match: its bytes changed after saving, or it was saved without checksums")
    }
}

/// The first components of the names of a SoVITS model's tensors.
private struct SoVITSParts {
    let required: Set<String>
    let known: Set<String> = [
        "enc_p", "dec", "flow", "enc_q", "ref_enc", "ssl_proj", "quantizer", "sv_emb", "ge_to512", "prelu", "cfm",
        "bridge", "wns1", "linear_mel",
    ]

    init(_ version: SoVITSVersion) {
        if version.isLoRA {
            required = ["cfm"]
        } else if version.model.usesFlowMatching {
            required = ["enc_p", "ref_enc", "ssl_proj", "quantizer", "bridge", "wns1", "linear_mel", "cfm"]
        } else {
            let common: Set<String> = ["enc_p", "dec", "flow", "ref_enc", "ssl_proj", "quantizer"]
            required = version.model.usesSpeakerEmbedding ? common.union(["sv_emb", "ge_to512", "prelu"]) : common
        }
    }
}
