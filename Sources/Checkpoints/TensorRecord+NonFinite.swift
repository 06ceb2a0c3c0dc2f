extension TensorRecord {
    /// How many elements are not numbers that a model can use.
    public struct NonFiniteCount: Sendable, Hashable, Codable {
        /// Elements that are NaN.
        public var nan = 0
        /// Elements that are positive or negative infinity.
        public var infinity = 0
        /// Whether every element is finite.
        public var isZero: Bool { nan == 0 && infinity == 0 }
    }

    /// Counts NaN and infinity in one pass over the storage; several gigabytes a second in release builds.
    ///
    /// Whether such a tensor is refused is the caller's choice.
    public func countNonFinite() -> NonFiniteCount {
        storage.withUnsafeBytes { bytes in
            switch dtype {
            case .float16: count(bytes, exponent: 0x7C00 as UInt16)
            case .bfloat16: count(bytes, exponent: 0x7F80 as UInt16)
            case .float32: count(bytes, exponent: 0x7F80_0000 as UInt32)
            case .float64: count(bytes, exponent: 0x7FF0_0000_0000_0000 as UInt64)
            case .int8, .int16, .int32, .int64, .uint8, .bool: NonFiniteCount()
            }
        }
    }

    private func count<Bits: FixedWidthInteger & UnsignedInteger>(
        _ bytes: UnsafeRawBufferPointer, exponent: Bits
    ) -> NonFiniteCount {
        let elements = bytes.bindMemory(to: Bits.self)
        var result = NonFiniteCount()
        forEachRun { first, count, step in
            if step == 1, !Self.hasSpecial(elements[first..<first + count], exponent: exponent) { return }
            let magnitude = Bits.max >> 1
            for index in 0..<count {
                let bits = elements[first + index * step] & magnitude
                if bits == exponent { result.infinity += 1 } else if bits > exponent { result.nan += 1 }
            }
        }
        return result
    }

    /// Whether an exponent is all ones; a loop without branches, which the compiler turns into vector instructions.
    private static func hasSpecial<Bits: FixedWidthInteger & UnsignedInteger>(
        _ elements: Slice<UnsafeBufferPointer<Bits>>, exponent: Bits
    ) -> Bool {
        let magnitude = Bits.max >> 1
        var largest: Bits = 0
        for bits in UnsafeBufferPointer(rebasing: elements) { largest = max(largest, bits & magnitude) }
        return largest >= exponent
    }
}

extension GPTCheckpoint {
    /// Refuses weights that hold NaN or infinity: a model with them speaks noise or nothing.
    ///
    /// - Throws: `nonFinite`, naming the first such tensor and how many values are not numbers.
    public func requireFiniteWeights() throws(CheckpointError) {
        do throws(CheckpointError) { try weights.requireFinite(ignoring: []) } catch {
            throw error.naming(path: file.path)
        }
    }
}

extension SoVITSCheckpoint {
    /// Refuses weights that hold NaN or infinity, except in what training left behind (`enc_q`).
    ///
    /// - Throws: `nonFinite`, naming the first such tensor and how many values are not numbers.
    public func requireFiniteWeights() throws(CheckpointError) {
        do throws(CheckpointError) { try weights.requireFinite(ignoring: ["enc_q."]) } catch {
            throw error.naming(path: file.path)
        }
    }
}

extension CheckpointFile {
    /// The tensors of a dictionary of the file, by their names, as ``tensors(under:)``; refuses NaN and infinity.
    ///
    /// - Parameter key: a top-level key such as `generator`; nil for the file's root itself.
    /// - Throws: `missingEntry`; `nonFinite`, naming the first such tensor and how many values are not numbers.
    public func finiteTensors(under key: String?) throws(CheckpointError) -> [String: TensorRecord] {
        do throws(CheckpointError) {
            let tensors = try unnamedTensors(under: key)
            try tensors.requireFinite(ignoring: [])
            return tensors
        } catch {
            throw error.naming(path: path)
        }
    }
}

extension [String: TensorRecord] {
    fileprivate func requireFinite(ignoring prefixes: [String]) throws(CheckpointError) {
        for (name, tensor) in sorted(by: { $0.key < $1.key }) where !prefixes.contains(where: name.hasPrefix) {
            let count = tensor.countNonFinite()
            guard count.isZero else {
                throw CheckpointError(
                    .nonFinite,
                    "tensor \(name) holds \(count.nan) NaN and \(count.infinity) infinite values; the file is damaged or its "
                        + "training failed, so use another one")
            }
        }
    }
}
