/// The simplified forms of traditional characters, one for one.
///
/// Upstream: `text/zh_normalization/char_convert.py`.
struct TraditionalCharacters: Sendable {
    private let traditional: Column<UInt32>
    private let simplified: Column<UInt32>

    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("chinese-characters.bin")
        traditional = try file.column("traditional")
        simplified = try file.column("simplified", count: traditional.count)
    }

    /// The simplified form of a character; the character itself where it has none of its own.
    func simplified(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard scalar.value >= 0x3400 else { return scalar }
        var low = 0
        var high = traditional.count
        while low < high {
            let middle = low + (high - low) / 2
            guard let found = traditional[middle] else { return scalar }
            if found == scalar.value { return simplified[middle].flatMap(Unicode.Scalar.init) ?? scalar }
            if found < scalar.value { low = middle + 1 } else { high = middle }
        }
        return scalar
    }
}
