import ArgumentParser
import Datasets
import Foundation
import Reports
import Training

/// How a model is trained, for every command that trains.
struct TrainingArguments: ResultOptions {
  @Option(help: "Epochs to train. (default: \(TrainingOptions().epochCount))")
  var epochs: Int?

  @Option(help: "Instead of --epochs, optimization steps to train; the last epoch may end before its time.")
  var maxSteps: Int?

  @Option(help: "Examples a batch. (default: \(TrainingOptions().batchSize))")
  var batchSize: Int?

  @Option(
    help: """
      Instead of --batch-size, tokens a batch, padding included: as many examples as do not pass them. All inputs of a \
      data set have one length, so that this is N / length.
      """)
  var tokensPerBatch: Int?

  @Option(help: "Batches whose gradients are averaged for one step.")
  var accumulate = 1

  @Option(
    name: .customLong("lr"), parsing: .singleValue,
    help: "Learning rate; GLOB=RATE sets it for the layers or parameters that match. Repeatable, later ones win.")
  var learningRates: [String] = []

  @Option(help: "sgd, adam or adamw.")
  var optimizer = OptimizerKind.sgd

  @Option(help: "Momentum of SGD.")
  var momentum = 0.9

  @Flag(help: "Nesterov momentum.")
  var nesterov = false

  @Option(
    name: .customLong("weight-decay"), parsing: .singleValue,
    help: "Weight decay toward zero, or GLOB=DECAY; 0 for parameters that a regularizer covers. Repeatable.")
  var weightDecays: [String] = []

  @Option(help: "The rate of each block is this times the next one's toward the head.")
  var layerDecay = 1.0

  @Option(help: "Label smoothing, 0 to 1.")
  var labelSmoothing = 0.0

  @Option(help: "What classes count in the loss: equal, balanced (rare ones more), or a number for each, as 1,1,5.")
  var classWeights = "equal"

  @Option(
    help: """
      Over which of the head's classes the loss is: head, all of them; or target, those that the training examples have, \
      so that others, which the head knows from before, are not pushed down.
      """)
  var lossClasses = LossClasses.head

  @Option(
    help: """
      What the loss makes of each answer: cross-entropy; or dft, which weighs each class, token or pixel by how likely it \
      is to the model already. With --regularizer kl:lambda=0.1 that is anchored fine-tuning (ASFT).
      """)
  var loss = LossForm.crossEntropy

  @Flag(help: "Draw examples so that every class is as likely, with replacement.")
  var balancedSampling = false

  @Option(
    help: ArgumentHelp("\(Schedule.Shape.forms.joined(separator: ", ")); numbers may be left out."),
    completion: .schedules)
  var schedule = "constant"

  @Option(help: "Epochs over which the learning rate rises from zero.")
  var warmup = 0.0

  @Option(parsing: .singleValue, help: "Keep the layers that match GLOB as they are. Repeatable.", completion: .layers)
  var freeze: [String] = []

  @Flag(help: "Train the head alone; everything else stays byte for byte.")
  var featureExtraction = false

  @Option(help: "Unfreeze from the head down, one more block after every so many epochs.")
  var unfreezeEvery: Int?

  @Option(help: "Unfreeze one more block when the target has not improved for more than so many epochs.")
  var unfreezeOnPlateau: Int?

  @Option(help: "Train the head alone for so many epochs, at a constant rate, then everything.")
  var probeEpochs: Int?

  @Option(help: "Low-rank adapters instead of the weights: rank=8,alpha=16,layers=GLOB; merged in every checkpoint.")
  var lora: String?

  @Option(help: "Scale each step's gradient down to this norm.")
  var clipNorm: Double?

  @Option(help: "float32; bfloat16 or float16 (its loss scaled): mixed precision, for hardware that is faster in it.")
  var precision = Precision.float32

  @Flag(
    help: """
      For less memory: each block keeps only what enters it, and is run a second time for its gradients. The numbers stay \
      the same.
      """)
  var gradientCheckpointing = false

  @Flag(
    help: """
      Of several processes: each keeps a part of the weights, of their gradients and of the optimizer's state; a block's \
      weights are gathered while it runs. For models that do not fit; the numbers stay the same.
      """)
  var shard = false

  @Flag(
    help: """
      Of several processes: batch normalization by the statistics over the whole batch, not over each process's part of it. \
      One by itself does so anyway.
      """)
  var syncNorm = false

  @Option(help: "Judge and store an exponential moving average of the weights with this decay, as 0.999.")
  var ema: Double?

  @Option(
    help: ArgumentHelp(
      "The epoch that the run stands for, as \"target subject to source >= 0.9\"; the last one by default.",
      discussion: "Quantities: \(SelectionRule.Quantity.allCases.map(\.rawValue).joined(separator: ", "))."))
  var best: String?

  @Option(help: "Stop after so many epochs without a better one by --best (by default, target).")
  var patience: Int?

  @Option(help: "Keep the checkpoints of so many epochs, the last ones, beside epoch 0 and the best; by default all.")
  var keepCheckpoints: Int?

  @Option(
    help: ArgumentHelp(
      "Look at a sample of each task after so many steps, as 50, or such a part of an epoch, as 0.05.",
      discussion: "By default whole epochs alone are judged; with --stop-when, 0.05."))
  var evalEvery: String?

  @Option(
    help: """
      Examples of each task that --eval-every looks at, drawn once. (default: \
      \(TrainingOptions.standardEvaluationSampleCount), or as many as take a tenth of an epoch, but \
      \(TrainingOptions.fewestEvaluationSamples))
      """)
  var evalSamples: Int?

  @Option(
    help: ArgumentHelp(
      "End the run once a look establishes this, as \"forgetting > 2pp\" or \"source < 0.9\"; the look before is kept.",
      discussion: """
        A look is at a sample: the rule holds where the whole 95 % interval is beyond the limit. Quantities: \
        \(StopRule.Quantity.allCases.map(\.rawValue).joined(separator: ", ")).
        """))
  var stopWhen: String?

  @Option(
    help: """
      Which examples choose, where something is chosen (--best, --patience, --stop-when, plateaus, a sweep, a transfer): this share of \
      the training examples, not trained on; or test, the test examples, which then judge what they chose. By default the \
      validation split that the data have, else 0.1; where nothing is chosen, none.
      """)
  var validation: String?

  @Option(
    help: """
      What the regularizers act on: weights (kernels only), all, or a GLOB; by default weights, and all for ewc, mas \
      and si.
      """)
  var regularize: String?

  @Flag(help: "Apply the regularizers in the step instead of the gradient.")
  var decoupled = false

  @Option(help: "Train on this many examples only, drawn by the seed.")
  var examples: Int?

  @Flag(help: "Bring images to the model's shape: resize with antialiasing, repeat a single channel.")
  var fit = false

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A random change of the training images, as crop=4, flip or randaugment=2,9. Repeatable, in the order given.",
      discussion: """
        \(ImageTransform.forms.joined(separator: "; ")). A random-resized-crop that stands first draws from the pixels \
        of image files themselves.
        """))
  var augment: [String] = []

  @Option(help: "The seed of the new head and the order of the examples.")
  var seed: UInt64 = 0

  mutating func validate() throws {
    if maxSteps == nil { epochs = epochs ?? TrainingOptions().epochCount }
    if tokensPerBatch == nil { batchSize = batchSize ?? TrainingOptions().batchSize }
  }
}

extension OptimizerKind: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension LossClasses: ExpressibleByArgument {}
extension LossForm: ExpressibleByArgument {}
