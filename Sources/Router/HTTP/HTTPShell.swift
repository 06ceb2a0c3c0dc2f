import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Joins the routes and the connection's handlers to one HTTP/1.1 server.
enum HTTPShell {
    static func application(
        configuration: RouterConfiguration, hooks: RouterHooks, service: RouterService, metrics: RouterMetrics,
        logger: Logger
    ) -> Application<RouteTable> {
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [MalformedRequestHandler(), ClientPresenceHandler()],
            idleTimeout: .seconds(Int64(configuration.idleTimeout)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: configuration.maximumHeaderBytes,
                maxHeaderListSize: configuration.maximumHeaderBytes, maxHeaderFieldCount: 128))
        return Application(
            responder: RouteTable(
                routes: routes(configuration: configuration, hooks: hooks, service: service, metrics: metrics),
                metrics: metrics),
            server: .http1(configuration: http),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "chorus",
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.maximumConnections)),
            onServerRunning: { channel in
                let address = channel.localAddress
                hooks.onListening(address?.ipAddress ?? configuration.host, address?.port ?? configuration.port)
            },
            logger: logger)
    }

    private static func routes(
        configuration: RouterConfiguration, hooks: RouterHooks, service: RouterService, metrics: RouterMetrics
    ) -> [String: RouteTable.Route] {
        let speech = SpeechRoute(
            service: service, resolveReference: hooks.resolveReference,
            maximumBodyBytes: configuration.maximumBodyBytes,
            maximumTextCharacters: configuration.maximumTextCharacters, metrics: metrics)
        let weights = WeightsRoute(service: service, hooks: hooks)
        let control = ControlRoute(
            adminKey: configuration.adminKey, maximumBodyBytes: configuration.maximumBodyBytes, control: hooks.control)
        let state = StateRoutes(
            service: service, softwareVersion: configuration.softwareVersion, metricsText: hooks.metricsText)
        func python(
            _ style: Answer.ErrorStyle, get: @escaping RouteTable.Handler, post: RouteTable.Handler? = nil
        ) -> RouteTable.Route {
            var handlers = [HTTPRequest.Method.get: get]
            handlers[.post] = post
            return RouteTable.Route(handlers: handlers, style: style, verbStyle: .detail)
        }
        func own(_ get: @escaping RouteTable.Handler) -> RouteTable.Route {
            RouteTable.Route(handlers: [.get: get, .head: get], style: .envelope, verbStyle: .envelope)
        }
        return [
            "/tts": python(SpeechRoute.failed, get: speech.get, post: speech.post),
            "/set_gpt_weights": python(.exception("change gpt weight failed"), get: weights.setGPT),
            "/set_sovits_weights": python(.exception("change sovits weight failed"), get: weights.setSoVITS),
            "/set_refer_audio": python(.exception("set refer audio failed"), get: weights.setReference),
            "/control": python(.message, get: control.get, post: control.post),
            "/livez": own(state.live),
            "/readyz": own(state.ready),
            "/health": own(state.health),
            "/metrics": own(state.metrics),
            "/version": own(state.version),
        ]
    }
}
