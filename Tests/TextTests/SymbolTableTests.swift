import Testing

@testable import Text

@Suite("Symbol tables")
struct SymbolTableTests {
    @Test("sizes, order and shared beginning")
    func tables() {
        #expect(SymbolTable.v1.symbols.count == 322)
        #expect(SymbolTable.v2.symbols.count == 732)
        #expect(Array(SymbolTable.v2.symbols.prefix(322)) == SymbolTable.v1.symbols)
        #expect(Set(SymbolTable.v2.symbols).count == 732)
        // The first table is sorted by code point; the second adds accents, then Korean, then Cantonese, each sorted.
        let points = SymbolTable.v2.symbols.map { $0.unicodeScalars.map(\.value) }
        for range in [0..<322, 322..<324, 324..<353, 353..<732] {
            #expect(zip(points[range], points[range].dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        }
    }

    @Test("ids that models were trained with")
    func ids() {
        for table in [SymbolTable.v1, .v2] {
            #expect(table.id(of: "!") == 0)
            #expect(table.id(of: ",") == 1)
            #expect(table.id(of: ".") == 3)
            #expect(table.id(of: "AH0") == 12)
            #expect(table.id(of: "HH") == 51)
            #expect(table.id(of: SymbolTable.unknown) != nil)
            #expect(table.symbols.indices.allSatisfy { table.id(of: table.symbols[$0]) == $0 })
        }
        #expect(SymbolTable.v1.id(of: "[") == nil)
        #expect(SymbolTable.v2.id(of: "]") == 323)
        #expect(SymbolTable.v2.id(of: "Yn") == 587)
    }
}
