import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// The source's head fitted anew.
struct RefittedHead {
  /// What the judged source examples come to with it.
  let answers: Answers
  /// The head; nil where it is not one linear layer, with a bias of classes, or cannot be put in place for itself.
  let change: ModelChange?
  /// Chosen on a fifth of the examples that it is fitted to.
  let penalty: Double

  /// Fits it on the features of one of the models as they are now, whatever is applied. All are fitted to the same
  /// examples, the penalty chosen in the same way. Of several processes one does, so that all have the same head on
  /// whatever machine.
  ///
  /// - Parameter judgedInputs: what enters the classifier of the judged examples, where that is known of classes.
  init(of model: Model, in models: ComparedModels, judgedInputs: Tensor?) throws {
    if models.sourceKind.isClassification {
      try self.init(classifying: model, in: models, judgedInputs: judgedInputs)
    } else {
      try self.init(placing: model, in: models)
    }
  }

  /// One class an example.
  private init(classifying model: Model, in models: ComparedModels, judgedInputs: Tensor?) throws {
    let source = models.source
    let sample = models.headExamples(DiagnosisThresholds.headNumbers / max(1, source.classNames.count))
    let train = try model.headInputs(on: sample, dataset: source.name, models.pass)
    let test = try judgedInputs ?? model.headInputs(on: models.sourceTest, dataset: source.name, models.pass)
    let found = try models.pass.dealt([1]) { _ in
      let (regression, penalty, _) = try ClassifierFit(train).regression(
        labels: sample.labels, classCount: source.classNames.count)
      let layer = try regression.linearLayer()
      return [try Tensor([penalty]), try Tensor(regression.predictions(test)), layer.weight]
        + [layer.bias].compactMap { $0 }
    }[0]
    penalty = try found[0].array(of: Double.self)[0]
    answers = Answers(isCorrect: zip(try found[1].array(of: Int32.self), models.sourceTest.labels).map(==))
    let head = model.heads[models.sourceTask]?.tensors ?? [:]
    let kernels = head.filter { $0.value.shape == [source.classNames.count, train.shape[1]] }
    guard head.count == 2, let kernel = kernels.keys.first, kernels.count == 1 else {
      // A head without a bias cannot be this classifier.
      change = nil
      return
    }
    var own = ModelChange(sourceHead: [kernel: try found[2].to(.float32)])
    for name in head.keys where name != kernel { own.sourceHead[name] = try found.dropFirst(3).first?.to(.float32) }
    change = own
  }

  /// Of any other kind of task, judged by the model's own calls with the head's tensors in their place.
  private init(placing model: Model, in models: ComparedModels) throws {
    guard let head = LinearHead(of: model, task: models.sourceTask) else {
      preconditionFailure("a head that is not linear: see headGap")
    }
    let kind = models.sourceKind
    let sampled = models.headExamples(head.rowCount)
    var data = KindProbeData(
      train: sampled, test: models.sourceTest, dataset: models.source.name, kind: kind, classCount: head.outputCount)
    data.processes = models.processes
    let placeCount = max(1, head.rowCount / max(1, sampled.count))
    let found = try model.withHead(of: models.sourceTask) {
      let rows = try ProbeRows(enteringHeadOf: model, on: data, placeCount: placeCount)
      return try models.pass.dealt([1]) { _ in
        let fit = try rows.fit(
          rows.prepared(ProbeRows.headInput, hasBias: head.bias != nil), classCount: head.outputCount,
          from: kind.refitsFromHead ? head.layer() : nil)
        let layer = try fit.map.linearLayer()
        return [try Tensor([fit.penalty]), layer.weight] + [layer.bias].compactMap { $0 }
      }[0]
    }
    penalty = try found[0].array(of: Double.self)[0]
    let layer = LinearLayer(weight: found[1], bias: found.dropFirst(2).first)
    let tensors = try withoutGradients { try head.tensors(of: layer) }
    answers = try model.withHead(of: models.sourceTask) {
      try model.answers(kind, on: models.sourceTest, head: tensors, models.pass)
    }
    change = head.isShared ? nil : ModelChange(sourceHead: tensors)
  }
}

extension ComparedModels {
  /// Training examples that a head is fitted anew to: the same for every model.
  fileprivate func headExamples(_ count: Int) -> Split {
    var random = RandomSource(seed: 2)
    return source.train.selecting(
      random.sample(min(count, counts.head), of: source.train.count))
  }

  /// Why the source's head cannot be fitted anew; nil where it can.
  func headGap() throws -> CausesLeftOut? {
    let head = LinearHead(of: after, task: sourceTask)
    let most =
      sourceKind.isClassification ? DiagnosisThresholds.mostClassifierWeights : DiagnosisThresholds.mostHeadWeights
    if let count = head?.weightCount, count > most {
      return CausesLeftOut(.size, weightCount: count, mostWeights: most)
    }
    guard !sourceKind.isClassification else { return after.program.headProgram == nil ? CausesLeftOut(.head) : nil }
    guard let head else { return CausesLeftOut(.head) }
    guard let batch = try Batches(split: source.train, batchSize: 2, device: after.device).makeIterator().next(),
      let targets = try sourceKind.probeTargets(of: batch.labels)
    else { return CausesLeftOut(.kind) }
    return try withoutGradients {
      let entering = try after.readoutInput(batch.modelInputs(for: after))
      let rows = try entering.flatMap { try PlacedFeatures($0, for: targets) }?.rows
      return rows?.shape.last == head.width ? nil : CausesLeftOut(.head)
    }
  }
}

extension Model {
  /// What enters the classifier, `[examples, width]`.
  fileprivate func headInputs(on split: Split, dataset: String, _ pass: SharedPass) throws -> Tensor {
    try checkInputs(of: split, dataset: dataset)
    return try withoutGradients {
      var parts: [Tensor] = []
      for batch in pass.part(of: try Batches(split: split, batchSize: 250, device: device)) {
        let run = try run(try batch.modelInputs(for: self), capturesHeadInput: true)
        if let input = run.headInput { parts.append(try input.flattened()) }
      }
      guard let inputs = try pass.joined([ProbeRows.headInput: parts])[ProbeRows.headInput] else {
        preconditionFailure("nothing enters the head: see headGap")
      }
      return inputs
    }
  }

  /// What the examples of a split come to with other tensors in the head's place.
  fileprivate func answers(
    _ kind: any TaskKind, on split: Split, head: [String: Tensor], _ pass: SharedPass
  ) throws -> Answers {
    var sums: ExampleSums?
    try withoutGradients {
      for batch in pass.part(of: try Batches(split: split, batchSize: ProbeRows.batchSize, device: device)) {
        guard let input = try readoutInput(batch.modelInputs(for: self)) else { return }
        let own = try kind.sums(of: readout(of: input, head: head).widened(), labels: batch.labels)
        if sums == nil { sums = own } else { sums?.append(own) }
      }
    }
    return Answers(kind, try pass.joined(sums) ?? ExampleSums(width: 1))
  }
}
