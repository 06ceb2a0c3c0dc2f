import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Answers what is not HTTP with 400 or 431 and a message, and closes the connection.
final class MalformedRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Whether a response has begun that is not complete, so that no other can be put in its place.
    private var isResponding = false
    private var isClosed = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosed else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head: isResponding = true
        case .body: break
        case .end: isResponding = false
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError || error is HTTP1TypeConversionError, !isClosed else {
            // Errors of the connection itself; nobody is left to be answered.
            context.fireErrorCaught(error)
            return
        }
        isClosed = true
        if !isResponding {
            let failure: RouterError =
                if case .headerOverflow? = error as? HTTPParserError {
                    RouterError(.headerTooLarge, "the header of the request is too large")
                } else {
                    RouterError(.badRequest, "this is not a valid HTTP/1.1 request (\(error))")
                }
            let body = ByteBuffer(bytes: Answer.body(failure, .envelope).encoded)
            let fields: HTTPFields = [
                .contentType: "application/json", .contentLength: String(body.readableBytes), .connection: "close",
            ]
            let head = HTTPResponse(status: failure.code.status, headerFields: fields)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(body)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.close(promise: nil)
    }
}
