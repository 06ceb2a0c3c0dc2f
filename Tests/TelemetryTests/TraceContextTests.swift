import Testing

@testable import Telemetry

@Suite struct TraceContextTests {
    private let example = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"

    @Test func theExampleOfTheSpecificationIsRead() throws {
        let context = try #require(TraceContext(traceparent: example))
        #expect(context.traceIDText == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.spanIDText == "00f067aa0ba902b7")
        #expect(context.isSampled)
        #expect(context.traceparent == example)
    }

    @Test func laterVersionsAreReadAsFarAsKnown() throws {
        let longer = "cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-08-what-comes-later"
        let context = try #require(TraceContext(traceparent: longer))
        #expect(!context.isSampled)
        #expect(context.traceparent == "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00")
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7",
        "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-0g",
        "00_0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01x",
        "00-é0f7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        " 00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
    ])
    func whatIsInvalidBeginsANewTrace(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test func childrenKeepTheTraceAndNewTracesDoNot() throws {
        let parent = try #require(TraceContext(traceparent: example))
        let child = parent.child()
        #expect(child.traceID == parent.traceID)
        #expect(child.spanID != parent.spanID)
        #expect(child.isSampled)
        let other = TraceContext.random()
        #expect(other.traceID != parent.traceID)
        #expect(!other.isSampled)
    }

    @Test func smallIdentifiersKeepTheirZeros() throws {
        let header = "00-00000000000000000000000000000001-0000000000000002-00"
        #expect(TraceContext(traceparent: header)?.traceparent == header)
    }

    @Test func whatIsGeneratedReadsBack() {
        for _ in 0..<1_000 {
            let context = TraceContext.random(isSampled: .random())
            #expect(TraceContext(traceparent: context.traceparent) == context)
        }
    }
}
