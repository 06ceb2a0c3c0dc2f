import Logging

/// Writes each log event as one line, as JSON for machines or as text for people.
public struct LineLogHandler: LogHandler {
    /// Metadata of every event of this logger.
    public var metadata: Logger.Metadata = [:]
    /// Metadata that is asked for at every event.
    public var metadataProvider: Logger.MetadataProvider?
    /// The least severe level that is written.
    public var logLevel: Logger.Level

    private let label: String
    private let format: LogLineFormat
    private let output: LogOutput
    private let time: @Sendable () -> String

    /// Creates a handler for the logger of that label.
    public init(
        label: String, format: LogLineFormat, level: Logger.Level = .info, output: LogOutput = .standardError
    ) {
        self.init(label: label, format: format, level: level, output: output, time: Timestamp.now)
    }

    init(
        label: String, format: LogLineFormat, level: Logger.Level, output: LogOutput,
        time: @escaping @Sendable () -> String
    ) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.output = output
        self.time = time
    }

    /// One key of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line. The event's own metadata wins over the provider's, and that over the logger's; an error adds `error`.
    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let error = event.error { all["error"] = .string("\(error)") }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        output(format.line(time: time(), label: label, event: event, metadata: all) + "\n")
    }
}
