import Testing
import Training

@Suite struct RegularizerSpecificationTests {
  @Test func settingsLeftOutAreTheKindsOwn() throws {
    let parsed = try RegularizerSpecification(parsing: "ewc:lambda=7,fisher=batched")
    #expect(parsed.settings == ["lambda": "7", "fisher": "batched", "samples": "500", "batch": "32"])
    #expect(try RegularizerSpecification(parsing: "l2-sp").settings == ["alpha": "0.1", "beta": "0.01"])
    #expect(try RegularizerSpecification(parsing: "lwf").trainsSourceHead)
    #expect(try !RegularizerSpecification(parsing: "lwf:head=fixed").trainsSourceHead)
  }

  @Test(arguments: [
    ("l2-ps", "did you mean l2-sp"),
    ("ewk:lambda=1", "known: l2, l2-sp, l1-sp"),
    ("", "unknown regularizer ''"),
    ("l2-sp:gamma=1", "has no setting 'gamma'; known: alpha, beta"),
    ("l2-sp:alpha", "expected NAME=VALUE, found 'alpha'"),
    ("l2-sp:alpha=", "alpha must be a number, zero or more, found ''"),
    ("l2-sp:alpha=-1", "alpha must be a number, zero or more, found '-1'"),
    ("l2-sp:alpha=nan", "alpha must be a number, zero or more, found 'nan'"),
    ("l2-sp:alpha=inf", "alpha must be a number, zero or more, found 'inf'"),
    ("l2-sp:alpha=1,alpha=2", "'alpha' is set twice"),
    ("ewc:fisher=perfect", "fisher must be exact or empirical or batched, found 'perfect'"),
    ("ewc:samples=0", "samples must be a whole number, 1 or more, found '0'"),
    ("ewc:samples=2.5", "samples must be a whole number, 1 or more, found '2.5'"),
    ("replay:share=1", "share must be a number, from 0.001 to 0.99, found '1'"),
    ("lwf:temperature=0", "temperature must be a number, from 0.001 to 1e+06, found '0'"),
  ])
  func whatIsWrongIsSaidInOneLine(_ text: String, _ expected: String) throws {
    let error = try #require(
      #expect(throws: TrainingError.self) { try RegularizerSpecification(parsing: text) })
    #expect(error.description.contains(expected), "\(error.description)")
    #expect(!error.description.contains("\n"))
  }

  @Test func whatIsMissingFromTheSourceIsSaid() throws {
    let fixture = try RegularizerFixture()
    let withoutExamples = SourceTask(task: "source", dataset: "source", examples: nil)
    for kind in RegularizerKind.all where kind.need != .nothing {
      var options = fixture.options
      options.regularizers = [try RegularizerSpecification(kind.name)]
      for source in [nil, withoutExamples] where source == nil || kind.need == .examples {
        let error = try #require(
          #expect(throws: TrainingError.self, "\(kind.name)") {
            try Trainer(
              fixture.model(), on: fixture.target(), dataset: "target", options: options,
              sources: source.map { [$0] } ?? [])
          })
        let need = kind.need == .head ? TrainingError.Need.sourceHead : .sourceExamples
        #expect(error == .missingData(.regularizers, value: kind.name, need))
      }
    }
  }

  @Test func onlyPullsCanBeDecoupled() throws {
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.regularizers = [try RegularizerSpecification(parsing: "lwf")]
    options.regularizers[0].isDecoupled = true
    let error = try #require(
      #expect(throws: TrainingError.self) {
        try Trainer(
          fixture.model(), on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
      })
    #expect(error.description.contains("l2, l2-sp, l2-sp-fisher, ewc, si, mas can"))
  }

  @Test func aFisherInformationThatVanishesIsWarnedOf() throws {
    // Logits far apart leave no doubt about any label.
    let fixture = try RegularizerFixture()
    let model = try fixture.model()
    for tensor in try #require(model.heads["source"]).tensors.values {
      try tensor.copyInPlace(from: tensor.multiply(by: 1e5))
    }
    var options = fixture.options
    options.regularizers = [try RegularizerSpecification(parsing: "ewc")]
    let trainer = try Trainer(
      model, on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
    let summary = trainer.regularizers[0].summary(stepsPerEpoch: 8)
    #expect(summary.contains("largest 0") && summary.contains("warning: it vanishes"), "\(summary)")
  }

  @Test(arguments: [
    "ewc", "mas", "l2-sp", "gl-sp-fisher", "lwf:head=fixed", "lwf", "delta", "bss", "replay:head=fixed",
  ])
  func nothingToHoldBackIsNoMistake(_ text: String) throws {
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.frozen = ["layers.0"]
    options.regularizers = [try RegularizerSpecification(parsing: text)]
    let model = try fixture.model()
    let trainer = try Trainer(
      model, on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
    _ = try trainer.runEpoch(1)
    let start = try #require(try fixture.model().parameters["layers.0.weight"]).bytes()
    #expect(try model.parameters["layers.0.weight"]?.bytes() == start)
  }

  @Test func anUnstableImportanceIsNamed() throws {
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.regularizers = [try RegularizerSpecification(parsing: "ewc:lambda=100")]
    let error = try #require(
      #expect(throws: TrainingError.self) {
        try Trainer(
          fixture.model(), on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
      })
    #expect(error.description.contains("largest importance"), "\(error.description)")
    #expect(error.description.contains("the largest stable strength is 29.54"), "\(error.description)")
  }
}
