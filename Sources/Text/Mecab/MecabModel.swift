import CMecab
import Foundation
import Synchronization

/// A MeCab dictionary that is ready to cut text into words.
///
/// Made once and shared between threads; MeCab maps the dictionary's files. Each analysis borrows a tagger and a lattice of
/// its own from a pool, which is as large as there ever were analyses at the same time.
///
/// `@unchecked Sendable`: the model is not changed after it was made, MeCab allows to share it, and what each analysis
/// changes is in the pool while no thread uses it.
final class MecabModel: @unchecked Sendable {
    private let model: OpaquePointer
    private let idle = Mutex<[Analyzer]>([])

    /// In bytes; a longer text is analysed in parts. MeCab adds up costs of at most 65,534 a word in 31 bits, takes time by the
    /// square of the length where a text is all of one kind of characters, and a lattice keeps the memory that it needed.
    private static let longest = 16_384
    /// MeCab counts a word's bytes in 16 bits.
    private static let longestWord = 8_192
    /// With words given, MeCab takes time by the square of the length whatever the text.
    private static let longestWithWords = 8_192

    /// Opens a dictionary.
    ///
    /// - Parameters:
    ///   - directory: the folder of a compiled dictionary: `sys.dic`, `unk.dic`, `char.bin`, `matrix.bin`, `dicrc`.
    ///   - userDictionary: a file of further words, compiled against that dictionary.
    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(directory: String, userDictionary: String? = nil) throws(TextError) {
        let files = ["sys.dic", "unk.dic", "char.bin", "matrix.bin", "dicrc"].map { directory + "/" + $0 }
        for file in files + [userDictionary].compactMap(\.self) where access(file, R_OK) != 0 {
            let reason = String(cString: strerror(errno))
            throw TextError(
                .resourceMissing,
                "cannot read the dictionary file \(file): \(reason); run cluster/setup, which makes it")
        }
        // The resource file is for preferences of the machine's user, which must not change what is read.
        var arguments = ["mecab", "-r", "/dev/null", "-d", directory]
        if let userDictionary {
            // MeCab takes a list in CSV here.
            arguments += ["-u", "\"" + userDictionary.replacingOccurrences(of: "\"", with: "\"\"") + "\""]
        }
        var pointers = arguments.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        guard let model = mecab_model_new(Int32(pointers.count), &pointers) else {
            throw TextError(
                .resourceDamaged,
                "MeCab cannot use the dictionary in \(directory): \(Self.lastError()); run cluster/setup to make it anew"
            )
        }
        self.model = model
    }

    deinit {
        // A tagger refers to the model.
        idle.withLock { $0.removeAll() }
        mecab_model_destroy(model)
    }

    /// Cuts a text into words and gives each in order to `body`.
    ///
    /// - Parameters:
    ///   - text: UTF-8. Zero bytes are allowed.
    ///   - words: ranges of bytes, in order and without overlap, that must come out as one word each, unless they are
    ///     longer than 8,192 bytes. Where the dictionary does not have such a word, its feature is `*`.
    ///   - body: takes a word's surface and the line of its features, both valid only during the call.
    /// - Throws: `TextError`, retriable, where memory is lacking.
    func analyze(
        _ text: [UInt8], words: [Range<Int>] = [],
        _ body: (_ surface: UnsafeRawBufferPointer, _ feature: UnsafeRawBufferPointer) -> Void
    ) throws(TextError) {
        var rest = words.filter { $0.count <= Self.longestWord }[...]
        var start = 0
        while start < text.count {
            rest = rest.drop { $0.upperBound <= start }
            let end = Self.end(of: text, from: start, keeping: rest)
            let piece = rest.prefix { $0.lowerBound < end }.map { $0.lowerBound - start..<$0.upperBound - start }
            try analyze(text[start..<end], piece, body)
            start = end
        }
    }

    /// Where the part of a text ends that begins at `start`: between two characters, and not within a word.
    private static func end(of text: [UInt8], from start: Int, keeping words: ArraySlice<Range<Int>>) -> Int {
        let limit = start + (words.isEmpty ? longest : longestWithWords)
        guard limit < text.count else { return text.count }
        if let word = words.first(where: { $0.upperBound > limit }), word.lowerBound < limit {
            return word.lowerBound > start ? word.lowerBound : word.upperBound
        }
        // No character has more than four bytes; text that is no UTF-8 is cut anywhere.
        return (limit - 3...limit).last { text[$0] & 0xC0 != 0x80 } ?? limit
    }

    private func analyze(
        _ text: ArraySlice<UInt8>, _ words: [Range<Int>],
        _ body: (_ surface: UnsafeRawBufferPointer, _ feature: UnsafeRawBufferPointer) -> Void
    ) throws(TextError) {
        let analyzer = try borrow()
        let isParsed = text.withUnsafeBytes { analyzer.parse($0, words, body) }
        idle.withLock { $0.append(analyzer) }
        guard isParsed else {
            throw TextError(
                .resourceDamaged, "MeCab could not analyse a text of \(text.count) bytes", isRetriable: true)
        }
    }

    private func borrow() throws(TextError) -> Analyzer {
        if let analyzer = idle.withLock({ $0.popLast() }) { return analyzer }
        guard let analyzer = Analyzer(model) else {
            throw TextError(
                .resourceDamaged, "MeCab cannot begin an analysis: \(Self.lastError())", isRetriable: true)
        }
        return analyzer
    }

    private static func lastError() -> String {
        guard let message = mecab_strerror(nil) else { return "no reason given" }
        return String(cString: message).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A tagger with its lattice: what one analysis needs to itself.
///
/// `@unchecked Sendable`: only the analysis that has borrowed it uses it.
private final class Analyzer: @unchecked Sendable {
    private let tagger: OpaquePointer
    private let lattice: OpaquePointer

    /// Matches every feature. The lattice keeps the pointer.
    private static var anyFeature: UnsafePointer<CChar> {
        let text: StaticString = "*"
        return UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    init?(_ model: OpaquePointer) {
        guard let tagger = mecab_model_new_tagger(model) else { return nil }
        guard let lattice = mecab_model_new_lattice(model) else {
            mecab_destroy(tagger)
            return nil
        }
        self.tagger = tagger
        self.lattice = lattice
    }

    deinit {
        mecab_lattice_destroy(lattice)
        mecab_destroy(tagger)
    }

    func parse(
        _ text: UnsafeRawBufferPointer, _ words: [Range<Int>],
        _ body: (_ surface: UnsafeRawBufferPointer, _ feature: UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        // The lattice refers to the text until it is cleared.
        defer { mecab_lattice_clear(lattice) }
        mecab_lattice_set_sentence2(lattice, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count)
        for word in words {
            mecab_lattice_set_feature_constraint(lattice, word.lowerBound, word.upperBound, Self.anyFeature)
        }
        guard mecab_parse_lattice(tagger, lattice) != 0 else { return false }
        var next = mecab_lattice_get_bos_node(lattice)
        while let node = next?.pointee {
            if Int(node.stat) != MECAB_BOS_NODE, Int(node.stat) != MECAB_EOS_NODE {
                body(
                    UnsafeRawBufferPointer(start: node.surface, count: Int(node.length)),
                    UnsafeRawBufferPointer(start: node.feature, count: node.feature.map { strlen($0) } ?? 0))
            }
            next = node.next
        }
        return true
    }
}
