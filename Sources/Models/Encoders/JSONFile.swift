import Foundation

/// Reads the JSON files that lie beside a model's weights.
enum JSONFile {
    /// Largest file taken, in bytes: a tokenizer with its vocabulary has well under one megabyte.
    static let maximumBytes = 32 << 20

    /// Decodes a file.
    ///
    /// - Throws: ``ModelError`` with `weights`, naming the file and the field.
    static func decode<Value: Decodable>(
        _ type: Value.Type, path: String, keys: JSONDecoder.KeyDecodingStrategy = .useDefaultKeys
    ) throws(ModelError) -> Value {
        do {
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            guard size <= maximumBytes else {
                throw ModelError(.weights, "\(path) has \(size) bytes; \(maximumBytes) are the most")
            }
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = keys
            return try decoder.decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch let error as ModelError {
            throw error
        } catch {
            throw ModelError(.weights, "cannot read \(path)", underlying: error)
        }
    }
}
