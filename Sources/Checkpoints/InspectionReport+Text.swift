extension InspectionReport {
    /// The report for people to read.
    ///
    /// - Parameter listsTensors: whether every tensor gets a line; the totals are there in any case.
    public func text(listsTensors: Bool = true) -> String {
        var lines: [String] = []
        func line(_ label: String, _ value: String) {
            lines.append(label + String(repeating: " ", count: max(1, 16 - label.count)) + value)
        }
        line("file", path.printable(maxLength: 500))
        line("size", Self.size(byteCount))
        line("container", containerText)
        line("kind", kindText)
        if let version {
            line("symbols", version.symbols.rawValue)
            line("version from", evidenceText(version.evidence))
        }
        if let requiredBase { line("needs", requiredBase) }
        if let info { line("info", info) }
        line("head MD5", headDigest)
        if let sizes = gptSizes {
            line(
                "sizes",
                "\(sizes.layerCount) layers, width \(sizes.hiddenSize), \(sizes.headCount) heads, "
                    + "\(sizes.vocabularySize) tokens, \(sizes.phonemeVocabularySize) phonemes, "
                    + "BERT \(sizes.bertSize), at most \(sizes.maxSeconds) s")
        }
        if let sizes = sovitsSizes { line("sizes", sizesText(sizes)) }
        if parameterCount > 0 {
            line("parameters", "\(parameterCount)")
            let loaded = memory.map { "\(Self.size($0.byteCount, exact: false)) as \($0.dtype.rawValue)" }
            line(
                "memory",
                loaded.joined(separator: ", ") + (version?.isLoRA == true ? "; merged: what the base takes" : ""))
        }
        for entry in entries { line("entry", "\(entry.key): \(entry.kind)") }
        for total in totals {
            let size = Self.size(total.elementCount.multipliedReportingOverflow(by: total.dtype.byteCount).partialValue)
            line("tensors", "\(total.tensorCount) of \(total.dtype.rawValue), \(total.elementCount) elements, \(size)")
        }
        lines.append("")
        lines.append(findings.isEmpty ? "Nothing odd was found." : "Findings:")
        for finding in findings { lines.append("  \(finding.severity.rawValue): \(finding.message)") }
        if let configuration {
            lines += ["", "Configuration:"]
            Self.append(configuration, indent: 1, to: &lines)
        }
        if listsTensors, !tensors.isEmpty {
            lines += ["", "Tensors:"]
            lines += tensors.map(Self.describe)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var containerText: String {
        let name =
            switch container {
            case .zip: "PyTorch zip"
            case .legacyPickle: "PyTorch legacy (before 1.6)"
            case .safetensors: "safetensors"
            case .onnx: "ONNX"
            }
        return headTag.map { "\(name), head tag \($0)" } ?? name
    }

    private var kindText: String {
        switch kind {
        case .gpt: return "GPT (first stage)"
        case .sovits:
            let name = "SoVITS (second stage)"
            guard let version else { return name }
            let lora = version.isLoRA ? " LoRA" + (loraRank.map { ", rank \($0)" } ?? "") : ""
            return "\(name) \(version.model.rawValue)\(lora)"
        case .g2pw: return "g2pW (polyphonic characters)"
        case .other: return "other tensors"
        }
    }

    private func sizesText(_ sizes: SoVITSSizes) -> String {
        var parts = [
            "\(sizes.layerCount) layers, width \(sizes.hiddenWidth), \(sizes.headCount) heads",
            "latent \(sizes.latentWidth)",
            "style \(sizes.styleWidth)",
        ]
        if let count = sizes.tokenCount { parts.append("\(count) tokens") }
        if let count = sizes.symbolCount { parts.append("\(count) phonemes") }
        if let width = sizes.decoderWidth { parts.append("decoder \(width)") }
        if let flow = sizes.flow { parts.append("flow of \(flow.layerCount) layers, width \(flow.width)") }
        return (parts + ["\(sizes.samplingRate) Hz"]).joined(separator: ", ")
    }

    private func evidenceText(_ evidence: SoVITSVersion.Evidence) -> String {
        switch evidence {
        case .publishedHash: "the digest of a published file"
        case .headTag: "the head tag"
        case .fileSize: "size and symbols"
        case .content: "content and file name"
        }
    }

    private static func describe(_ tensor: Tensor) -> String {
        var text = "  \(tensor.name)  \(tensor.dtype.rawValue) \(tensor.shape)"
        if let strides = tensor.strides { text += " strides \(strides)" }
        if let offset = tensor.storageOffset { text += " offset \(offset)" }
        if let shared = tensor.sharedStorage { text += " shared storage #\(shared)" }
        if let count = tensor.nonFinite { text += " NaN \(count.nan), infinite \(count.infinity)" }
        return text
    }

    private static func append(_ value: InspectedValue, indent: Int, to lines: inout [String]) {
        let margin = String(repeating: "  ", count: indent)
        guard case .object(let fields) = value else {
            lines.append(margin + inline(value))
            return
        }
        for field in fields {
            if case .object(let inner) = field.value, !inner.isEmpty {
                lines.append("\(margin)\(field.name):")
                append(field.value, indent: indent + 1, to: &lines)
            } else {
                lines.append("\(margin)\(field.name): \(inline(field.value))")
            }
        }
    }

    private static func inline(_ value: InspectedValue) -> String {
        switch value {
        case .null: "none"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): value.isEmpty ? "\"\"" : value
        case .list(let values): "[" + values.map(inline).joined(separator: ", ") + "]"
        case .object(let fields):
            "{" + fields.map { "\($0.name): \(inline($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    private static func size(_ byteCount: Int, exact: Bool = true) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(byteCount)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        guard unit > 0 else { return "\(byteCount) bytes" }
        let rounded = "\((value * 10).rounded() / 10) \(units[unit])"
        return exact ? "\(rounded) (\(byteCount) bytes)" : rounded
    }
}
