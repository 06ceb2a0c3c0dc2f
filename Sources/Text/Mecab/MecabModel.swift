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

    /// Lattices grow with the longest text that they have seen. Ones that saw more bytes than this are not kept.
    private static let largestKept = 16_384

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
                .resourceMissing, "cannot read the dictionary file \(file): \(reason); run cluster/setup, which makes it")
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
                "MeCab cannot use the dictionary in \(directory): \(Self.lastError()); run cluster/setup to make it anew")
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
    ///   - body: takes a word's surface and the line of its features, both valid only during the call.
    /// - Throws: `TextError`, retriable, where memory is lacking.
    func analyze(
        _ text: [UInt8], _ body: (_ surface: UnsafeRawBufferPointer, _ feature: UnsafeRawBufferPointer) -> Void
    ) throws(TextError) {
        guard !text.isEmpty else { return }
        let analyzer = try borrow()
        let isParsed = text.withUnsafeBytes { analyzer.parse($0, body) }
        if text.count <= Self.largestKept {
            idle.withLock { $0.append(analyzer) }
        }
        guard isParsed else {
            throw TextError(.invalidInput, "MeCab could not analyse a text of \(text.count) bytes", isRetriable: true)
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
        _ text: UnsafeRawBufferPointer,
        _ body: (_ surface: UnsafeRawBufferPointer, _ feature: UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        // The lattice refers to the text until it is cleared.
        defer { mecab_lattice_clear(lattice) }
        mecab_lattice_set_sentence2(lattice, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count)
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
