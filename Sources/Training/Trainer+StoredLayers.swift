import Datasets
import Models

extension Trainer {
  /// A split that a run evaluates at every epoch.
  struct Judged {
    var dataset: String
    var split: Split
  }

  /// Computes the frozen lower part of the network once for every example; from then on epochs train what is above from
  /// the stored values.
  ///
  /// It is for runs whose lower part gives the same at every epoch, and that see it twice or more: parameters are
  /// frozen, images are not changed, no regularizer looks at inputs or at what is below, everything computes in float32,
  /// the stored values of all splits fit into memory, and no weights are in parts. The choice rests on the options, the
  /// network and the machine alone, so that a run that is resumed makes it again.
  ///
  /// - Parameters:
  ///   - others: what is evaluated beside.
  ///   - memoryLimit: bytes that the stored values may take.
  ///   - onProgress: told how many examples are done, and of how many; may throw to stop.
  /// - Returns: the upper part, and the stored values of the others, in their order; nil where nothing is stored, and
  ///   everything stays as it was.
  func storeFrozenLayers(
    besides others: [Judged], memoryLimit: Int = StoredLayers.memoryLimit,
    onProgress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> (model: Model, splits: [Split])? {
    guard model.sharding == nil, options.epochCount > 1, options.precision == .float32, options.transform.isEmpty,
      !trainable.frozenNames.isEmpty, regularizers.allSatisfy(\.isIndependentOfInputs),
      let layers = try StoredLayers(of: model, trained: changingNames, evaluating: evaluatedLayers, triedOn: split),
      hasCapturedLayers(layers.upper)
    else { return nil }
    let splits = [Judged(dataset: dataset, split: split)] + others
    let total = splits.reduce(0) { $0 + $1.split.count }
    guard layers.exampleByteCount <= memoryLimit / max(1, total) else { return nil }
    var done = 0
    var stored: [Split] = []
    for judged in splits {
      let values = try layers.values(of: judged.split, dataset: judged.dataset) { count in
        done += count
        try onProgress(done, total)
      }
      guard let values else {
        try onProgress(total, total)
        return nil
      }
      stored.append(values)
    }
    trainsFrom(layers.upper, stored.removeFirst())
    return (layers.upper, stored)
  }

  /// The parameters that a step or another task's head changes. A tied one is frozen under all its names or none.
  private var changingNames: Set<String> {
    Set(model.program.parameters.map(\.name)).subtracting(trainable.frozenNames)
      .union(model.program.headParameterNames)
  }

  /// The layers that run as in evaluation in every stage.
  private var evaluatedLayers: Set<String> {
    stages.stages.reduce(trainable.frozenLayers) { $0.intersection($1.frozenLayers) }
  }

  /// Whether a part has what regularizers look at.
  private func hasCapturedLayers(_ part: Model) -> Bool {
    capturedLayers.allSatisfy { name in
      part.program.layer(named: name)?.output == model.program.layer(named: name)?.output
    }
  }
}
