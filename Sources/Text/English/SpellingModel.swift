import Foundation

/// Guesses the phones of an English word from its letters: an encoder and a decoder of one gated recurrent layer each, in
/// float32, greedily decoded.
///
/// The model of PyPI's g2p_en (K. Park, J. Kim; `g2p.py`). Gate inputs are stored for each letter and phone, the product of
/// embeddings and input weights: `[symbols, 3 × units]`, gates in the order reset, update, new.
struct SpellingModel: Sendable {
    /// Row numbers of the marks; the letters a to z follow the encoder's three.
    private enum Mark {
        static let unknownLetter = 1
        static let endOfWord = 2
        static let firstLetter = 3
        static let startOfPhones = 2
        static let endOfPhones = 3
    }
    private static let longestReading = 20
    private static let phones = """
        <pad> <unk> <s> </s> AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH EH0 EH1 EH2 \
        ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 \
        UH2 UW UW0 UW1 UW2 V W Y Z ZH
        """.split(separator: " ").map(String.init)

    private let units: Int
    private let encoder: GatedRecurrentCell
    private let decoder: GatedRecurrentCell
    private let outputWeight: Matrix
    private let outputBias: [Float]

    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("english-g2p.bin")
        let phoneCount = Self.phones.count
        let bias: Column<Float> = try file.column("encoder.bias")
        units = bias.count / 3
        encoder = try GatedRecurrentCell(file, "encoder", symbols: 29, units: units)
        decoder = try GatedRecurrentCell(file, "decoder", symbols: phoneCount, units: units)
        outputWeight = Matrix(
            try file.column("output.weight", count: phoneCount * units), rows: phoneCount, columns: units)
        let outputBias: Column<Float> = try file.column("output.bias", count: phoneCount)
        self.outputBias = outputBias.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    /// The phones of a word in small letters; at most 20, marks such as `<unk>` among them.
    func phones(of word: [UInt8]) -> [String] {
        var hidden = [Float](repeating: 0, count: units)
        for letter in word {
            let isKnown = letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
            encoder.step(
                isKnown ? Mark.firstLetter + Int(letter - UInt8(ascii: "a")) : Mark.unknownLetter, hidden: &hidden)
        }
        encoder.step(Mark.endOfWord, hidden: &hidden)

        var result: [String] = []
        var logits = outputBias
        var last = Mark.startOfPhones
        for _ in 0..<Self.longestReading {
            decoder.step(last, hidden: &hidden)
            outputWeight.multiply(hidden, plus: outputBias, into: &logits)
            // Of equals the first wins.
            last = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
            if last == Mark.endOfPhones { break }
            result.append(Self.phones[last])
        }
        return result
    }
}

/// One gated recurrent layer (Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014), with the reset
/// gate after the recurrent product.
private struct GatedRecurrentCell: Sendable {
    private let units: Int
    private let input: Column<Float>
    private let recurrent: Matrix
    private let bias: [Float]

    init(_ file: SectionFile, _ name: String, symbols: Int, units: Int) throws(TextError) {
        self.units = units
        input = try file.column(name + ".input", count: symbols * 3 * units)
        recurrent = Matrix(
            try file.column(name + ".recurrent", count: 3 * units * units), rows: 3 * units, columns: units)
        let bias: Column<Float> = try file.column(name + ".bias", count: 3 * units)
        self.bias = bias.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    func step(_ symbol: Int, hidden: inout [Float]) {
        var gates = bias
        recurrent.multiply(hidden, plus: bias, into: &gates)
        let row = symbol * 3 * units
        for unit in 0..<units {
            guard let resetInput = input[row + unit], let updateInput = input[row + units + unit],
                let newInput = input[row + 2 * units + unit]
            else { return }
            let reset = 1 / (1 + exp(-(resetInput + gates[unit])))
            let update = 1 / (1 + exp(-(updateInput + gates[units + unit])))
            let new = tanh(newInput + reset * gates[2 * units + unit])
            hidden[unit] = (1 - update) * new + update * hidden[unit]
        }
    }
}

/// A float32 matrix in a mapped file, row by row.
private struct Matrix: Sendable {
    private let values: Column<Float>
    private let rows: Int
    private let columns: Int

    init(_ values: Column<Float>, rows: Int, columns: Int) {
        self.values = values
        self.rows = rows
        self.columns = columns
    }

    /// `result = self · vector + bias`.
    func multiply(_ vector: [Float], plus bias: [Float], into result: inout [Float]) {
        typealias Lanes = SIMD8<Float>
        let width = MemoryLayout<Lanes>.stride
        values.withUnsafeBytes { matrix in
            vector.withUnsafeBytes { vector in
                for row in 0..<min(rows, result.count, bias.count) {
                    let start = row * columns * MemoryLayout<Float>.stride
                    let length = columns * MemoryLayout<Float>.stride
                    var sum = Lanes.zero
                    var offset = 0
                    while offset + width <= length {
                        let weights = matrix.loadUnaligned(fromByteOffset: start + offset, as: Lanes.self)
                        sum += weights * vector.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
                        offset += width
                    }
                    var total = sum.sum()
                    while offset < length {
                        let weight = matrix.loadUnaligned(fromByteOffset: start + offset, as: Float.self)
                        total += weight * vector.loadUnaligned(fromByteOffset: offset, as: Float.self)
                        offset += MemoryLayout<Float>.stride
                    }
                    result[row] = total + bias[row]
                }
            }
        }
    }
}
