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

  /// A fit that is made ready: it needs no model, so that one of several processes can do it for all.
  struct Problem {
    let fit: () throws -> [Tensor]
    /// What the fit comes to, with the model as it was when this was made ready.
    let head: ([Tensor]) throws -> RefittedHead
  }

  /// To be fitted to the features of one of the models as they are now, whatever is applied. All are fitted to the same
  /// examples, the penalty chosen in the same way.
  ///
  /// - Parameter judgedInputs: what enters the classifier of the judged examples, where that is known of classes.
  static func problem(of model: Model, in models: ComparedModels, judgedInputs: Tensor?) throws -> Problem {
    models.sourceKind.isClassification
      ? try problem(classifying: model, in: models, judgedInputs: judgedInputs)
      : try problem(placing: model, in: models)
  }

  /// One class an example.
  private static func problem(
    classifying model: Model, in models: ComparedModels, judgedInputs: Tensor?
  ) throws -> Problem {
    let source = models.source
    let sample = models.headExamples(DiagnosisThresholds.headNumbers / max(1, source.classNames.count))
    let train = try model.headInputs(on: sample, dataset: source.name, models.pass)
    let test = try judgedInputs ?? model.headInputs(on: models.sourceTest, dataset: source.name, models.pass)
    let head = model.heads[models.sourceTask]?.tensors ?? [:]
    let kernels = head.filter { $0.value.shape == [source.classNames.count, train.shape[1]] }
    return Problem {
      let (regression, penalty, _) = try ClassifierFit(train).regression(
        labels: sample.labels, classCount: source.classNames.count)
      let layer = try regression.linearLayer()
      return [try Tensor([penalty]), try Tensor(regression.predictions(test)), layer.weight]
        + [layer.bias].compactMap { $0 }
    } head: { found in
      let predictions = try found[1].array(of: Int32.self)
      var change: ModelChange?
      // A head without a bias cannot be this classifier.
      if head.count == 2, let kernel = kernels.keys.first, kernels.count == 1 {
        var own = ModelChange(sourceHead: [kernel: try found[2].to(.float32)])
        for name in head.keys where name != kernel { own.sourceHead[name] = try found.dropFirst(3).first?.to(.float32) }
        change = own
      }
      return RefittedHead(
        answers: Answers(isCorrect: zip(predictions, models.sourceTest.labels).map(==)), change: change,
        penalty: try found[0].array(of: Double.self)[0])
    }
  }

  /// Of any other kind of task, judged by the model's own calls with the head's tensors in their place.
  private static func problem(placing model: Model, in models: ComparedModels) throws -> Problem {
    guard let head = LinearHead(of: model, task: models.sourceTask) else {
      preconditionFailure("a head that is not linear: see headGap")
    }
    let kind = models.sourceKind
    let sampled = models.headExamples(head.rowCount)
    var data = KindProbeData(
      train: sampled, test: models.sourceTest, dataset: models.source.name, kind: kind, classCount: head.outputCount)
    data.processes = models.processes
    let placeCount = max(1, head.rowCount / max(1, sampled.count))
    let rows = try model.withHead(of: models.sourceTask) {
      try ProbeRows(enteringHeadOf: model, on: data, placeCount: placeCount)
    }
    return Problem {
      let fit = try rows.fit(
        rows.prepared(ProbeRows.headInput, hasBias: head.bias != nil), classCount: head.outputCount,
        from: kind.refitsFromHead ? head.layer() : nil)
      let layer = try fit.map.linearLayer()
      return [try Tensor([fit.penalty]), layer.weight] + [layer.bias].compactMap { $0 }
    } head: { found in
      let layer = LinearLayer(weight: found[1], bias: found.dropFirst(2).first)
      let tensors = try withoutGradients { try head.tensors(of: layer) }
      let answers = try model.withHead(of: models.sourceTask) {
        try model.answers(kind, on: models.sourceTest, head: tensors, models.pass)
      }
      return RefittedHead(
        answers: answers, change: head.isShared ? nil : ModelChange(sourceHead: tensors),
        penalty: try found[0].array(of: Double.self)[0])
    }
  }
}

extension ComparedModels {
  /// Heads that are fitted anew, of several processes each by one: so all have the same, on whatever machine.
  func refitted(_ problems: [RefittedHead.Problem]) throws -> [RefittedHead] {
    let found = try pass.dealt(problems.map { _ in 1 }) { try problems[$0].fit() }
    return try zip(problems, found).map { try $0.head($1) }
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
