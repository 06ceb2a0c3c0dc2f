import Wire

/// One message of each kind, with every optional field set where there is one.
enum Samples {
    static let modelSet = ModelSetDescription(
        gptPath: "a/GPT.ckpt", sovitsPath: "a/Sovits.pth", version: "v2", languages: ["en", "zh"], gptDigest: "12ab",
        sovitsDigest: "cd34")

    static let request = SpeechRequest(
        text: "Grüße, “世界”.\u{0}\n", textLang: "en", refAudioPath: "ref.wav", auxRefAudioPaths: ["x.wav", "y.wav"],
        promptLang: "en", promptText: "hello", topK: 5, topP: 0.8, temperature: 0.7, textSplitMethod: "cut0",
        batchSize: 4, batchThreshold: 0.5, splitBucket: false, speedFactor: 1.25, fragmentInterval: 0.01,
        seed: 9_007_199_254_740_993, mediaType: "ogg", streamingMode: 2, parallelInfer: false, repetitionPenalty: 1.1,
        sampleSteps: 8, superSampling: true, overlapLength: 3, minChunkLength: 20, model: "alice")

    static let messages: [Message] = [
        .hello(
            Hello(
                workerID: "host:cuda:0", software: "chorus 1",
                device: DeviceDescription(kind: .cuda, index: 0, uuid: "GPU-1", name: "RTX"), precision: "float16",
                slots: 4, pid: 77, g2pw: true, model: "alice", modelSet: modelSet, epoch: 3,
                encoders: EncoderList(mediaTypes: ["wav", "mp3"], missing: ["aac": "no ffmpeg"]))),
        .welcome(
            Welcome(
                routerID: "r", heartbeatIntervalMilliseconds: 500,
                committed: CommittedSet(epoch: 2, gptPath: "g", sovitsPath: "s"))),
        .reject(Reject(code: Reject.helloRequired, reason: "who are you")),
        .ready(Ready(epoch: 1, rate: 12.5, modelSet: modelSet)),
        .submit(Submit(task: .speech(request), deadlineMilliseconds: 30_000, credit: 262_144, trace: "00-1-2-01")),
        .submit(Submit(task: .reference(path: "r.wav"), deadlineMilliseconds: 1, credit: 0)),
        .accept,
        .busy(Busy(slotsFree: 0)),
        .chunk(
            Chunk(
                sequence: 0,
                head: StreamHead(contentType: "audio/wav", sampleRate: 32_000, contentLength: 9, streaming: .tokens),
                payload: [1, 2, 3])),
        .chunk(Chunk(sequence: 4_294_967_295, payload: [UInt8](repeating: 255, count: 70_000))),
        .credit(Credit(bytes: 65_536)),
        .cancel(Cancel(reason: "client went away")),
        .cancelled,
        .end(StreamEnd(audioSeconds: 1.5, chunks: 2, bytes: 70_003)),
        .error(Failure(code: .outOfMemory, message: "no memory", retriable: true, httpStatus: 503)),
        .heartbeat(
            Heartbeat(
                progress: .max, busy: true, lastStepAgeMilliseconds: 12, active: 1, slotsFree: 3,
                residentBytes: 1 << 33, memoryFreeBytes: 1 << 30, epoch: 3, draining: false)),
        .drain,
        .prepare(Prepare(epoch: 4, gptPath: "g2", sovitsPath: nil)),
        .prepared(Prepared(epoch: 4, ok: false, error: "bad checkpoint")),
        .prepared(Prepared(epoch: 4, ok: true, modelSet: modelSet)),
        .commit(EpochMessage(epoch: 4)),
        .abort(EpochMessage(epoch: 4)),
    ]
}
