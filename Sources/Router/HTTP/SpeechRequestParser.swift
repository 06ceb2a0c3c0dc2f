import Wire

/// Reads a request to speak as the Python server's `/tts` does (`TTS_Request` and `check_params` in `api_v2.py`): lenient about
/// types, with its defaults, its checks, their order and their messages.
public struct SpeechRequestParser: Sendable {
    /// The model versions that the languages are checked against, such as `v2`, by the model's name; `v2` where it is not
    /// known.
    public var versions: [String: String]
    /// The longest text that is taken, in characters (Unicode code points); the reference's transcript has the same limit.
    public var maximumTextCharacters: Int

    /// Creates a parser.
    ///
    /// - Parameter versions: the model versions, as the Python server names them: `v1`, `v2`, `v2Pro`, `v2ProPlus`, `v3`,
    ///   `v4`.
    public init(versions: [String: String] = [:], maximumTextCharacters: Int = 10_000) {
        self.versions = versions
        self.maximumTextCharacters = maximumTextCharacters
    }

    /// Reads and checks a request that is written as JSON.
    ///
    /// - Throws: ``RouterError``: `malformedField` for what is no JSON object or has a field of a wrong type,
    ///   `badRequest` for values that cannot be used. The message says which and why.
    public func parse(json text: String) throws(RouterError) -> SpeechRequest {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONParser.parse(text)
        } catch {
            throw RouterError(issues: [.syntax(error)])
        }
        return try parse(body: value)
    }

    /// Reads and checks the body of a POST.
    func parse(body: JSONValue) throws(RouterError) -> SpeechRequest {
        try check(form(body: body))
    }

    /// Reads and checks the query of a GET. `aux_ref_audio_paths` may be given several times.
    func parse(query: QueryString) throws(RouterError) -> SpeechRequest {
        try check(form(query: query))
    }

    // MARK: Form

    /// Reads the fields of a body, whatever their values mean.
    func form(body: JSONValue) throws(RouterError) -> SpeechRequest {
        guard body != .null else { throw RouterError(issues: [.missingBody]) }
        guard case .object = body else {
            throw RouterError(issues: [
                ValidationIssue(
                    type: "model_attributes_type", location: [.name("body")],
                    message: "Input should be a valid dictionary or object to extract fields from", input: body)
            ])
        }
        return try read(from: "body") { body[$0] }
    }

    /// Reads the fields of a query, whatever their values mean.
    func form(query: QueryString) throws(RouterError) -> SpeechRequest {
        try read(from: "query") { name in
            guard name == "aux_ref_audio_paths" else { return query[name].map(JSONValue.string) }
            let paths = query.all(name)
            return paths.isEmpty ? nil : .array(paths.map(JSONValue.string))
        }
    }

    private func read(
        from place: String, _ field: @escaping (String) -> JSONValue?
    ) throws(RouterError) -> SpeechRequest {
        var form = FormReader(place: place, field: field)
        var request = SpeechRequest(text: "", textLang: "", refAudioPath: "", promptLang: "")
        form.read("text", &request.text, FieldReader.string)
        form.read("text_lang", &request.textLang, FieldReader.string)
        form.read("ref_audio_path", &request.refAudioPath, FieldReader.string)
        form.readPaths("aux_ref_audio_paths", &request.auxRefAudioPaths)
        form.read("prompt_lang", &request.promptLang, FieldReader.string)
        form.read("prompt_text", &request.promptText, FieldReader.string)
        form.readWhole("top_k", &request.topK)
        form.read("top_p", &request.topP, FieldReader.number)
        form.read("temperature", &request.temperature, FieldReader.number)
        form.read("text_split_method", &request.textSplitMethod, FieldReader.string)
        form.readWhole("batch_size", &request.batchSize)
        form.read("batch_threshold", &request.batchThreshold, FieldReader.number)
        form.read("split_bucket", &request.splitBucket, FieldReader.boolean)
        form.read("speed_factor", &request.speedFactor, FieldReader.number)
        form.read("fragment_interval", &request.fragmentInterval, FieldReader.number)
        form.read("seed", &request.seed, FieldReader.integer)
        form.read("media_type", &request.mediaType, FieldReader.string)
        form.readStreamingMode("streaming_mode", &request.streamingMode)
        form.read("parallel_infer", &request.parallelInfer, FieldReader.boolean)
        form.read("repetition_penalty", &request.repetitionPenalty, FieldReader.number)
        form.readWhole("sample_steps", &request.sampleSteps)
        form.read("super_sampling", &request.superSampling, FieldReader.boolean)
        form.readWhole("overlap_length", &request.overlapLength)
        form.readWhole("min_chunk_length", &request.minChunkLength)
        form.read("model", &request.model, FieldReader.string)
        guard form.issues.isEmpty else { throw RouterError(issues: form.issues) }
        return request
    }

    // MARK: Values

    /// Languages by model version, as `TTS_Config` lists them.
    private static func languages(_ version: String) -> Set<String> {
        version == "v1"
            ? ["auto", "en", "zh", "ja", "all_zh", "all_ja"]
            : [
                "auto", "auto_yue", "en", "zh", "ja", "yue", "ko", "all_zh", "all_ja", "all_yue", "all_ko",
            ]
    }

    private static let splitMethods: Set<String> = ["cut0", "cut1", "cut2", "cut3", "cut4", "cut5"]

    /// The Python server's checks in their order, then those for values on which it fails or runs away.
    private func check(_ read: SpeechRequest) throws(RouterError) -> SpeechRequest {
        var request = read
        try require(!request.refAudioPath.isEmpty, "ref_audio_path is required")
        try require(!request.text.isEmpty, "text is required")
        try checkLength(request.text, "text")
        try checkLength(request.promptText, "prompt_text")
        try require(!request.textLang.isEmpty, "text_lang is required")
        if request.model.isEmpty { request.model = ModelSetDescription.defaultName }
        let version = versions[request.model] ?? "v2"
        try requireLanguage(request.textLang, "text_lang", version)
        try require(!request.promptLang.isEmpty, "prompt_lang is required")
        try requireLanguage(request.promptLang, "prompt_lang", version)
        try require(
            SpeechRequest.mediaTypes.contains(request.mediaType),
            "media_type: \(Self.quoted(request.mediaType)) is not supported")
        try require(
            Self.splitMethods.contains(request.textSplitMethod),
            "text_split_method:\(Self.quoted(request.textSplitMethod)) is not supported")
        try require(
            (0...3).contains(request.streamingMode),
            "the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)")
        try checkRanges(request)
        request.textLang = request.textLang.lowercased()
        request.promptLang = request.promptLang.lowercased()
        request.auxRefAudioPaths.removeAll(where: \.isEmpty)
        return request
    }

    private func checkRanges(_ request: SpeechRequest) throws(RouterError) {
        try require(request.topK >= 1, "top_k must be at least 1")
        if let problem = request.rangeProblem { throw RouterError(.badRequest, problem) }
        try require(request.auxRefAudioPaths.count <= 32, "aux_ref_audio_paths may name 32 files at most")
    }

    private func checkLength(_ text: String, _ name: String) throws(RouterError) {
        let count = text.unicodeScalars.count
        guard count <= maximumTextCharacters else {
            throw RouterError(
                .tooLarge,
                "\(name) has \(count) characters; at most \(maximumTextCharacters) are taken at once, so send it in parts"
            )
        }
    }

    private func require(_ condition: Bool, _ message: String) throws(RouterError) {
        guard condition else { throw RouterError(.badRequest, message) }
    }

    private func requireLanguage(_ code: String, _ name: String, _ version: String) throws(RouterError) {
        try require(
            Self.languages(version).contains(code.lowercased()),
            "\(name): \(Self.quoted(code)) is not supported in version \(version)")
    }

    /// A value of the client, cut to a length that is fit for a message.
    private static func quoted(_ value: String) -> String {
        value.utf8.count > 128 ? String(value.prefix(64)) + "…" : value
    }
}
