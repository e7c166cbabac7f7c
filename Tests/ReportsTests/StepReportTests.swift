import Findings
import Foundation
import Testing

@testable import Reports

/// What looks within the epochs found, in words, picture and files.
@Suite struct StepReportTests {
  /// A run that is looked at every 40 of its 80 steps an epoch; by the last look the source has recovered a part.
  static func run(
    _ name: String = "plain", hasSource: Bool = true, lowest: Double = 0.62, isSure: Bool = true,
    stop: StepCurve.Stop? = nil, partial: Int? = nil
  ) -> RunFinding {
    let sample = StepCurve.Sample(count: 500, chooses: stop != nil)
    let values: [(step: Int, source: Double, target: Double?)] = [
      (0, 0.91, nil), (40, lowest, 0.7), (80, 0.75, 0.8), (partial.map { 80 + $0 } ?? 160, 0.8, 0.9),
    ]
    let points = values.map { step, source, target in
      StepFinding(
        step: step, source: hasSource ? ScoredTask(source, loss: 0.5) : nil,
        target: target.map { ScoredTask($0, loss: 0.4) },
        gauge: OutputDivergence(value: Double(step) / 100, low: 0, high: 2, count: 500),
        trainingLoss: step == 0 ? .nan : 0.3, learningRate: step == 0 ? .nan : 0.01)
    }
    let worst = StepCurve.WorstMoment(
      step: 40, before: ScoredTask(0.91), worst: ScoredTask(lowest), last: ScoredTask(0.8),
      lost: Estimate(0.29, low: 0.25, high: 0.33), regained: Estimate(0.18, low: 0.14, high: 0.22),
      pairedPValue: isSure ? 0.00003 : 0.2)
    var finding = RunFinding(
      run: name, sourceTask: hasSource ? "photos" : nil, targetTask: "flowers",
      plannedEpochs: stop == nil ? 2 : 4,
      epochs: [0.91, 0.76, 0.8].enumerated().map { epoch, source in
        EpochFinding(
          epoch: epoch, source: hasSource ? ScoredTask(source) : nil, target: ScoredTask(0.5 + 0.2 * Double(epoch)))
      }, partialEpoch: partial.map { .init(epoch: 2, steps: $0, stepsPerEpoch: 80) })
    finding.steps = StepCurve(
      interval: "40", stepsPerEpoch: 80, source: hasSource ? sample : nil, target: sample, points: points,
      worst: hasSource ? worst : nil, stop: stop)
    return finding
  }

  static let forgetting = StepCurve.Stop(
    rule: "forgetting > 2pp", step: 160, figure: Estimate(0.041, low: 0.023, high: 0.059),
    sample: .init(count: 250, chooses: true), score: .accuracy, isDifference: true, keptStep: 120)
  static let gauge = StepCurve.Stop(
    rule: "gauge > 0.5", step: 40, figure: Estimate(0.71, low: 0.62, high: 0.8),
    sample: .init(count: 500, chooses: false), score: nil, isDifference: false, keptStep: 0)

  @Test func theWorstMomentIsSaidWhereItIsMoreThanTheWorstOfManyLooks() {
    #expect(
      Self.run().stepSentences == [
        "within the epochs the source was at its worst at step 40 (epoch 0.50), at 62.0 %: 29.0 points worse than before "
          + "the first step (95 % interval 25.0 to 33.0), of which it regained 18.0 points (14.0 to 22.0, p < 0.001 for "
          + "the worst of 3 looks) by the last; 500 test examples"
      ])
    #expect(Self.run(isSure: false).stepSentences.isEmpty)
    #expect(Self.run(hasSource: false).stepSentences.isEmpty)
  }

  @Test func theEndByARuleSaysWhatWasFoundAndWhatIsKept() {
    let stopped = Self.run(isSure: false, stop: Self.forgetting)
    #expect(
      stopped.closingLines == [
        "stopped at step 160 (epoch 2.00) by 'forgetting > 2pp': 4.1 points (95 % interval 2.3 to 5.9) on 250 validation "
          + "examples; the model is kept as it was at step 120, the last look before"
      ])
    #expect(
      Self.run(isSure: false, stop: Self.gauge).closingLines == [
        "stopped at step 40 (epoch 0.50) by 'gauge > 0.5': 0.710 (95 % interval 0.620 to 0.800) on 500 test examples; "
          + "nothing was trained before that: the model is kept as it was"
      ])
    #expect(Self.run(isSure: false, partial: 30).closingLines == ["epoch 2 ended after 30 of its 80 steps"])
  }

  @Test func itIsDrawnByTheStepAndInTheFiles() throws {
    let chart = try #require(RunReport(runs: [Self.run()], title: "t").stepChart())
    #expect(chart.title == "Source accuracy was 62.0 % at its lowest look, step 40")
    #expect(
      chart.subtitle == "500 test examples of the source and of the target, the same at each look; 80 steps an epoch")
    #expect(
      chart.countTitle == "step" && chart.series.map { $0.points.map(\.epoch) } == [[0, 40, 80, 160], [40, 80, 160]])
    let two = RunReport(runs: [Self.run(), Self.run("l2-sp", lowest: 0.85)], title: "t")
    #expect(
      two.stepChart()?.title
        == "Source accuracy was 62.0 % at its lowest look, step 40 in plain and 75.0 % at its lowest look, step 80 in l2-sp"
    )
    #expect(two.stepChart()?.series.map(\.name) == ["plain", "l2-sp"])
    let alone = RunReport(runs: [Self.run(hasSource: false)], title: "t")
    #expect(alone.stepChart()?.title == "Target accuracy was 90.0 % at the last look")
    #expect(two.stepTable(Self.run()).rows[1] == ["40", "0.50", "62.0 %", "70.0 %", "0.400", "0.300", "0.0100"])
    let steps = try #require(two.csvs().first { $0.fileName == "steps.csv" }).content
    #expect(steps.contains("plain,40,0.5,0.62,0.5,0.7,0.4,0.4,0.0,2.0,0.3,0.01"), "\(steps)")
    #expect(two.html().contains("By the step") && two.html().contains("Every look at l2-sp"))
    let json = try FindingEncoder.encode(Self.run(stop: Self.forgetting)).serialized()
    let read = try FindingDecoder.decode(RunFinding.self, from: json)
    #expect(read.steps == Self.run(stop: Self.forgetting).steps)
  }
}
