import Checkpoints
import Datasets
import Evaluation
import Findings
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch
import Training

@testable import Analysis

/// Transfer experiments on tasks that are no classification.
@Suite struct TransferKindTests {
  private func base(_ name: String) throws -> Checkpoint {
    try Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name)
  }

  /// - Parameter called: another name, of data for a head of their own.
  private func data(_ name: String, called: String? = nil) throws -> Datasets.Dataset {
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/\(name).h5"))
    return try Datasets.Dataset(
      name: called ?? name, classNames: data.classNames, taskKind: data.taskKind, train: data.train, test: data.test)
  }

  private var options: TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = 1
    options.learningRate = 0.05
    return options
  }

  /// The run of a network says by itself what it came to: that is what the experiment speaks of.
  @Test(arguments: [
    ("lm", "nats_per_token"), ("tags", "span_f1"), ("pixels", "mean_iou"), ("many", "mean_average_precision"),
    ("numbers", "rmse"),
  ])
  func networksAreJudgedByTheKindsOwnScore(_ name: String, _ score: String) throws {
    let folder = try TemporaryFolder()
    let base = try base(name)
    let cuts = try base.program.transferCuts().filter(base.canFreeze).spread(1)
    let experiment = TransferExperiment(
      base: base, target: try data(name, called: "next"), source: try data(name),
      plan: TransferPlan(cuts: cuts, seeds: [4]),
      options: options, path: folder.file("transfer"))
    var result = try experiment.run()
    #expect(result.score.name == score)
    for point in experiment.plan.points {
      let run = try Run.open(folder.file("transfer") + "/runs/\(point.name)")
      let stored = run.record.metrics.value("target_\(score)", row: 1)
      let said = point.kind.map { result.curve($0)?.points[0].result.values ?? [] } ?? result.base.values
      #expect(said == [stored] && stored.isFinite, "\(point.title)")
    }
    let trials = try experiment.trials(freezing: cuts[0])
    #expect(trials.allSatisfy { $0.target.score == result.score && $0.sourceScore == result.score })
    #expect(trials.allSatisfy { $0.forgetting != nil })
    #expect(try experiment.estimatedSeconds(trialCount: 1) > 0)
    let scores = try experiment.scores()
    result.add(scores.byCut, ofNetwork: scores.ofNetwork)
    #expect(scores.ofNetwork.leep == nil && scores.byCut.last?.name == "CKA to the target's own")
    #expect(scores.byCut.allSatisfy { ["linear probe", "CKA to the target's own"].contains($0.name) })
    #expect(scores.byCut.first { $0.name == "linear probe" }.map { $0.score?.name == score } ?? true)
  }

  /// Its words stay what they are, and its embedding is its head: both are drawn, copied and frozen together.
  @Test func aLanguageModelsTiedHeadGoesWithItsEmbedding() throws {
    let folder = try TemporaryFolder()
    let base = try base("lm")
    let tied = base.tiedHeadNames
    #expect(tied.count == 1)
    let (head, embedding) = try #require(tied.first)
    let cuts = try base.program.transferCuts()
    let first = try #require(cuts.first { $0.parameterNames.contains(embedding) })
    let kind = CausalLanguageModel()
    let experiment = TransferExperiment(
      base: base, target: try data("lm"), plan: TransferPlan(cuts: cuts, seeds: [4]), options: options,
      path: folder.file("transfer"))
    let own = try experiment.start(of: .init(seed: 4, kind: nil, cut: nil), as: kind)
    let copy = try experiment.start(of: .init(seed: 4, kind: .transfer, cut: first), as: kind)
    // Words are as likely at first: the logarithm of 40.
    let judged = try Evaluator().evaluate(Model(own), on: data("lm").test, dataset: "lm", kind: kind)
    #expect(abs(judged.loss - 3.69) < 0.2, "\(judged.loss)")
    for checkpoint in [own, copy] {
      #expect(checkpoint.task == base.task && checkpoint.tiedHeadNames == tied)
      #expect(checkpoint.heads[base.task]?.classNames == base.heads[base.task]?.classNames)
      let model = try Model(checkpoint)
      #expect(model.parameters[head] === model.parameters[embedding])
    }
    #expect(copy.heads[base.task]?.tensors[head]?.checksum == base.parameters[embedding]?.checksum)
    #expect(own.parameters[embedding]?.checksum != base.parameters[embedding]?.checksum)
    // With all blocks frozen its head is too: nothing is left to train.
    #expect(!base.canFreeze(cuts[cuts.count - 1]) && base.canFreeze(cuts[0]) && !base.trainsHeadAlone)
    let tags = try self.base("tags")
    #expect(try tags.trainsHeadAlone && tags.program.transferCuts().allSatisfy(tags.canFreeze))
  }

  @Test func aMapCountsExamplesWhereTheyHaveNoClassEach() throws {
    let folder = try TemporaryFolder()
    for (name, strategies) in [("numbers", TransferStrategy.allCases), ("lm", [.probe, .tuning, .scratch])] {
      let experiment = TransferMapExperiment(
        base: try base(name), targets: [try data(name)],
        plan: TransferMapPlan(amounts: [10, nil], seeds: [1], leastSteps: 2), options: options,
        path: folder.file(name))
      #expect(TransferMapExperiment.mostPerClass(of: try data(name).train) == 60)
      let map = try experiment.run()
      #expect(map.rows[0].cells.map(\.exampleCount) == [10, 60] && map.rows[0].cells.map(\.drawnCount) == [10, nil])
      #expect(map.rows[0].cells.allSatisfy { $0.amount == nil })
      #expect(map.rows[0].cells.allSatisfy { $0.outcomes.map(\.strategy) == strategies }, "\(name)")
      let kind = try TaskKinds.kind(of: data(name), for: Model(base(name)))
      #expect(map.score == kind.score)
      // The second time nothing is measured anew.
      #expect(
        try FindingEncoder.encode(experiment.run()).serialized() == FindingEncoder.encode(map).serialized())
    }
  }
}
