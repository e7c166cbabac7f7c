import Findings
import Testing

/// What validation examples say decides; what is shown of it are the test examples' figures.
@Suite struct ValidatedChoiceTests {
  private let validated = ChoiceBasis(
    .validation, choices: [.method], choosing: .init(source: 100, target: 100),
    judging: .init(source: 1000, target: 1000))

  private func method(_ name: String, test: (Double, Double), validation: (Double, Double)?) -> SweepResult.Method {
    func means(_ scores: (Double, Double)) -> (RepeatedMean, RepeatedMean, RepeatedMean) {
      (RepeatedMean([scores.0]), RepeatedMean([scores.1]), RepeatedMean([0.9 - scores.0]))
    }
    let (source, target, forgetting) = means(test)
    return .init(
      method: name, source: source, target: target, forgetting: forgetting,
      validation: validation.map {
        let own = means($0)
        return .init(source: own.0, target: own.1, forgetting: own.2)
      })
  }

  private func sweep(budget: Double? = nil, _ basis: ChoiceBasis?) -> SweepResult {
    // By the test set b is better than a on both tasks, by validation a than b.
    SweepResult(
      sweep: "s",
      methods: [
        method("a", test: (0.80, 0.80), validation: (0.86, 0.90)),
        method("b", test: (0.86, 0.90), validation: (0.80, 0.80)),
      ], budget: budget, seedCount: 1, sourceTask: "old", targetTask: "new", chosenBy: basis)
  }

  @Test func aSweepsFrontierAndChoiceAreTheValidationExamples() throws {
    #expect(sweep(validated).methods.map(\.isOnFrontier) == [true, false])
    #expect(sweep(nil).methods.map(\.isOnFrontier) == [false, true])
    #expect(sweep(budget: 0.05, validated).choice == "a" && sweep(budget: 0.05, nil).choice == "b")
    var tested = validated
    tested.examples = .test
    #expect(sweep(budget: 0.05, tested).choice == "b")
    let result = sweep(budget: 0.05, validated)
    #expect(result.recommended?.target?.mean == 0.8)
    let text = try FindingEncoder.encode(result).serialized()
    let read = try FindingDecoder.decode(SweepResult.self, from: text)
    #expect(read.chosenBy == validated && read.methods[0].validation?.target.mean == 0.9)
  }

  @Test func whatTheSeedsCarryIsFoundOnTheExamplesThatJudge() {
    // By validation a is best; on the test examples b is, by 6 points and by 10 in every seed.
    func values(_ mean: Double, _ own: Double) -> RepeatedMean {
      RepeatedMean([mean - own, mean, mean + own], within: 0...1)
    }
    func method(_ name: String, _ test: (Double, Double), _ choosing: (Double, Double), _ own: Double)
      -> SweepResult.Method
    {
      .init(
        method: name, source: values(test.0, own), target: values(test.1, own), forgetting: values(0.1, own),
        validation: .init(
          source: values(choosing.0, own), target: values(choosing.1, own), forgetting: values(0.1, own)))
    }
    func sweep(_ test: [(Double, Double)]) -> SweepResult {
      SweepResult(
        sweep: "s",
        methods: [method("a", test[0], (0.86, 0.90), 0.002), method("b", test[1], (0.80, 0.80), 0.001)], budget: nil,
        seedCount: 3, sourceTask: "old", targetTask: "new", chosenBy: validated)
    }
    let contradicted = sweep([(0.80, 0.80), (0.86, 0.90)])
    #expect(contradicted.candidate?.method == "a" && !contradicted.isEstablished && contradicted.recommended == nil)
    #expect(contradicted.methods[0].passedBy == "b")
    let confirmed = sweep([(0.86, 0.90), (0.80, 0.80)])
    #expect(confirmed.isEstablished && confirmed.recommended?.method == "a")
  }

  private let cuts = ["a", "b"].enumerated().map {
    TransferResult.Cut(name: $1, blockCount: $0 + 1, frozenPatterns: [$1])
  }

  private func transfer(validation frozen: [Double]?, _ basis: ChoiceBasis?) -> TransferResult {
    func curve(_ kind: TransferKind, _ values: [Double]) -> TransferResult.Curve {
      .init(
        kind: kind,
        points: zip(cuts, values).map { .init(copied: $0.blockCount, cut: $0.name, RepeatedScore(.accuracy, [$1])) })
    }
    return TransferResult(
      target: "t", cuts: cuts, schedule: TransferSchedule(epochCount: 1, learningRate: 0.1, seedCount: 1),
      exampleCount: 10, availableCount: 10, testCount: 10_000, base: RepeatedScore(.accuracy, [0.9]),
      curves: [curve(.transfer, [0.92, 0.92]), curve(.transferTuned, [0.92, 0.92])],
      validation: frozen.map {
        TransferResult.Validation(
          base: RepeatedScore(.accuracy, [0.9]), curves: [curve(.transfer, $0), curve(.transferTuned, [0.92, 0.92])])
      }, chosenBy: basis)
  }

  private func trial(_ factor: Double, test: Double, validation: Double?, _ basis: ChoiceBasis?) -> TransferTrial {
    TransferTrial(
      factor: factor, learningRate: factor, target: RepeatedScore(.accuracy, [test]), forgetting: nil,
      validation: validation.map { .init(target: RepeatedScore(.accuracy, [$0]), forgetting: nil) }, chosenBy: basis)
  }

  @Test func aTransfersCutIsTheValidationExamples() throws {
    let basis = ChoiceBasis(.validation, choices: [.cut], choosing: .init(target: 900), judging: .init(target: 10_000))
    #expect(transfer(validation: nil, nil).advice.frozen == cuts[1])
    let result = transfer(validation: [0.92, 0.7], basis)
    #expect(result.advice.frozen == cuts[0])
    #expect(result.tolerance == 0.01)
  }

  @Test func aTransfersRateIsTheValidationExamples() throws {
    let (cut, rate) = (
      ChoiceBasis(.validation, choices: [.cut], choosing: .init(target: 900), judging: .init(target: 10_000)),
      ChoiceBasis(.validation, choices: [.rate], choosing: .init(target: 900), judging: .init(target: 10_000))
    )
    var result = transfer(validation: [0.92, 0.92], cut)
    result.add([trial(1, test: 0.95, validation: 0.80, rate), trial(0.1, test: 0.85, validation: 0.95, rate)])
    #expect(result.choice?.factor == 0.1 && result.choice?.target.mean == 0.85)
    #expect(result.chosenBy?.examples == .validation && result.chosenBy?.choices == [.cut, .rate])
    let read = try FindingDecoder.decode(TransferResult.self, from: FindingEncoder.encode(result).serialized())
    #expect(read.chosenBy == result.chosenBy && read.trials[1].validation?.target.mean == 0.95)
    #expect(read.validation?.curves[0].points.count == 2)
    // Where one trial held nothing aside, all are compared by the test set, and that is said.
    var tested = rate
    tested.examples = .test
    result = transfer(validation: [0.92, 0.92], cut)
    result.add([trial(1, test: 0.95, validation: nil, tested), trial(0.1, test: 0.85, validation: 0.95, rate)])
    #expect(result.choice?.factor == 1 && result.chosenBy?.examples == .test)
  }
}
