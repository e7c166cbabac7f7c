/// Where a diagnosis draws its lines, and how many examples it spends on what.
public enum DiagnosisThresholds {
  // MARK: Lines

  /// No loss up to this is looked for in sets of layers, as a fraction.
  public static let leastLoss = 0.01
  /// A layer whose rewinding regains less than this is not where it was lost, as a fraction.
  public static let leastGain = 0.01
  /// Nor is one that regains less than what was lost, divided by this: a tenth of it.
  public static let lossPerLeastGain = 10.0
  /// A drift smaller than this share of the layers' median is a small one.
  public static let smallDriftShare = 0.5
  /// A layer that drifted no further than this, relative to its size, hardly moved.
  public static let leastDrift = 0.01
  /// Features with a lower CKA with what they were have changed.
  public static let changedSimilarity = 0.9
  /// A linear probe that lost more than this shows that information is gone, as a fraction.
  public static let probeDrop = 0.02
  /// Information is called intact where the interval of what a probe lost ends below this, as a fraction.
  public static let mostIntactDrop = 0.05
  /// The share of the loss that a set of layers has to regain to be worth naming.
  public static let regainedShare = 0.8

  /// What rewinding a layer has to regain to count, as a fraction.
  ///
  /// - Parameters:
  ///   - lost: what was lost.
  ///   - scale: as ``scale(of:before:)``.
  static func gainNeeded(lost: Double, scale: Double = 1) -> Double { max(leastGain * scale, lost / lossPerLeastGain) }

  /// What the lines that are fractions are multiplied by for a score: 1 for fractions and nats; for numbers in a unit of
  /// their own, what they were before.
  public static func scale(of score: Score, before: Double) -> Double {
    score.unit == .number && before.isFinite ? abs(before) : 1
  }

  // MARK: How much is looked at

  /// More layers than this are taken together as blocks, unless every layer is asked for.
  public static let mostLayers = 12
  /// Of a longer run so many epochs are looked at, evenly spaced.
  public static let mostEpochs = 8
  /// So many of the examples that went wrong are shown as pictures.
  public static let pictureCount = 12
  /// So many of the examples whose own loss rose most are shown.
  public static let worstCount = 12

  // MARK: Examples

  /// Test examples of each task that everything but the amount is judged on, at most, unless told otherwise.
  public static let judgedExamples = 2000
  /// Fewer of them, where a network on a CPU multiplies more often for all of them: a ResNet-18 of 32 × 32 is judged on 216.
  public static let judgedMultiplications = 120_000_000_000
  /// But no fewer than this.
  public static let leastJudgedExamples = 200
  /// Examples that similarity is measured on, at most.
  public static let similarityExamples = 1000
  /// Likewise at each epoch of a run.
  public static let historyExamples = 512
  /// Training examples that a probe is fitted to, and test examples that it is judged on.
  public static let probeExamples = 1000
  /// Training examples that running statistics are measured anew on.
  public static let statisticsExamples = 5000
  /// Training examples that a head is fitted anew to.
  public static let headExamples = 5000
  /// Places of them, where a place has an answer of its own.
  public static let headPlaces = 16_000
  /// Numbers that features, or outputs, at these places may be: 64 MiB of float64.
  public static let headNumbers = 1 << 23
  /// A head with more weights than this is too large to fit anew: 8 MiB of float64, of which the fit needs some twenty.
  public static let mostHeadWeights = 1 << 20
  /// Likewise a head of one class an example, which is fitted to fewer rows: 1,000 classes of 2,048 features are not.
  public static let mostClassifierWeights = 1 << 21
  /// Examples of a proxy set that the model before labels, for heads and probes to be fitted to.
  public static let proxyExamples = 5000
  /// Training examples that the Fisher information is estimated from.
  public static let informationExamples = 100
  /// Training examples that a network that was never trained is normalized on.
  public static let untrainedExamples = 2000
}
