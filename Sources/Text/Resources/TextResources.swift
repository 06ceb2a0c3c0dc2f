import Foundation

/// The folder of compact data files that `cluster/resources.py` makes.
///
/// Nothing is read until a language is used; the files are then mapped, so that processes on one host share them.
public struct TextResources: Sendable {
    /// The folder that holds the files.
    public let directory: String
    /// fastText's model that names languages, `lid.176.bin` or `lid.176.ftz`, where it is not one in the folder.
    public let languageModel: String?

    /// Names the folder; it need not exist yet.
    public init(directory: String, languageModel: String? = nil) {
        self.directory = directory
        self.languageModel = languageModel
    }

    /// The model that names languages: the one that was asked for, else the large one if it lies in the folder, else the
    /// small one that set-up puts there. Their answers differ; the Python server uses the large one.
    var languageModelPath: String {
        if let languageModel { return languageModel }
        let large = directory + "/lid.176.bin"
        return FileManager.default.fileExists(atPath: large) ? large : directory + "/lid.176.ftz"
    }

    /// The folder where set-up puts the files: `text` in `$CHORUS_HOME`, else in the `.chorus` nearest above the program,
    /// else in the one nearest above the working folder.
    public static func standard(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> TextResources {
        if let home = environment["CHORUS_HOME"], !home.isEmpty {
            return TextResources(directory: home + "/text")
        }
        let files = FileManager.default
        let workingFolder = files.currentDirectoryPath
        let program = (try? files.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? workingFolder
        for start in [program, workingFolder] {
            var folder = URL(fileURLWithPath: start)
            while folder.path != "/" {
                let candidate = folder.appendingPathComponent(".chorus/text").path
                if files.fileExists(atPath: candidate) {
                    return TextResources(directory: candidate)
                }
                folder.deleteLastPathComponent()
            }
        }
        return TextResources(directory: workingFolder + "/.chorus/text")
    }

    /// Throws the error that names the first data file which is missing or unusable, of those that every voice needs:
    /// English, which stands in for text in no language, and what tells languages apart.
    ///
    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    public func check() throws(TextError) {
        _ = try EnglishPhonemizer(resources: self)
        _ = try LanguageSegmenter(resources: self)
    }

    /// The languages whose data set-up has not made; text in them is an error. Nothing is opened to find out.
    public func missingLanguages() -> [Language] {
        Language.allCases.filter { language in
            !FileManager.default.fileExists(atPath: "\(directory)/\(language.name.lowercased()).json")
        }
    }

    /// Where the English tagger's weights came from: `nltk` or the name of the fallback's package.
    ///
    /// - Throws: `TextError` where the tagger's file is missing or unusable.
    public func taggerOrigin() throws(TextError) -> String {
        try PerceptronTagger(resources: self).origin
    }

    func open(_ name: String) throws(TextError) -> SectionFile {
        try SectionFile(path: directory + "/" + name)
    }
}
