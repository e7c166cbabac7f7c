import Foundation
import Training

extension TrainingOptions.Key {
  /// The option that sets it.
  var flag: String {
    switch self {
    case .epochCount: "--epochs"
    case .stepLimit: "--max-steps"
    case .evaluationInterval: "--eval-every"
    case .evaluationSampleCount: "--eval-samples"
    case .stopRule: "--stop-when"
    case .exampleCount: "--examples"
    case .batchSize: "--batch-size"
    case .tokensPerBatch: "--tokens-per-batch"
    case .accumulation: "--accumulate"
    case .learningRate: "--lr"
    case .layerDecay: "--layer-decay"
    case .momentum: "--momentum"
    case .usesNesterov: "--nesterov"
    case .weightDecay: "--weight-decay"
    case .gradientNorm: "--clip-norm"
    case .averagingDecay: "--ema"
    case .labelSmoothing: "--label-smoothing"
    case .classWeights: "--class-weights"
    case .lossClasses: "--loss-classes"
    case .lossForm: "--loss"
    case .evenSampling: "--balanced-sampling"
    case .augmentation: "--augment"
    case .scheduleShape: "--schedule"
    case .warmupEpochs: "--warmup"
    case .trainsHeadOnly: "--feature-extraction"
    case .unfreezesEvery: "--unfreeze-every"
    case .unfreezesOnPlateau: "--unfreeze-on-plateau"
    case .unfreezesAfterProbe: "--probe-epochs"
    case .adapters: "--lora"
    case .gradientCheckpointing: "--gradient-checkpointing"
    case .shardsWeights: "--shard"
    case .selection: "--best"
    case .patience: "--patience"
    case .keptCheckpointCount: "--keep-checkpoints"
    case .validation: "--validation"
    case .regularizers: "--regularizer"
    }
  }
}

extension TrainingError.Need {
  /// The option that gives it, with its value.
  fileprivate var remedy: String { self == .proxy || self == .proxyExamples ? "--source-proxy DATA" : "--source DATA" }
}

extension ErrorWords {
  static func text(of error: TrainingError) -> String {
    switch error {
    case .invalidOption(let key, let allowed, let found): "\(key.flag) must be \(allowed), found \(found)"
    case .unreadableOption(let key, let reason, let expected, let found):
      "\(key.flag): \(reason.isEmpty ? "" : "\(reason); ")expected \(expected), found '\(found)'"
    case .contradiction(let first, let second, let reason): "\(first.flag) \(reason); \(second.flag) contradicts it"
    case .outlastsRun(let key, let epochs, let epochCount):
      "\(key.flag) \(String(format: "%.4g", epochs)) \(relation(of: key)) --epochs \(epochCount)"
        + (key == .unfreezesAfterProbe ? " for fine-tuning" : "")
    case .idleStopRule(let rule, let reason): "--stop-when '\(rule)': \(reason)"
    case .missingData(.regularizers, _, let need): "\(error): use lethe finetune with \(need.remedy)"
    case .missingData(let key, let value, let need): "\(key.flag): '\(value)' needs \(need.remedy)"
    case .tooManyProcesses: "\(error) (--batch-size)"
    case .nothingToShardOver: "--shard: \(error)"
    case .needsWholeWeights(let name, let able):
      "regularizer '\(name)' reads whole weights, of which --shard leaves each process a part; "
        + "\(able.joined(separator: ", ")) work with it"
    case .nothingToAdapt(let layers):
      "--lora: \(layers.map { "'\($0)' has" } ?? "the model has") no linear or convolution layer but the head"
    case .frozenHead: "\(error) (--freeze, --lr)"
    case .tooFewTasks: "\(error) (--task)"
    case .duplicateTask(let name): "--task: the name '\(name)' stands twice"
    case .sharedHeadMismatch(let task, let classCount, let first, let firstClassCount):
      "--shared-head: task '\(task)' has \(classCount) classes, '\(first)' \(firstClassCount)"
    case .notDecouplable(let name, let able):
      "regularizer '\(name)' cannot be applied in the step (--decoupled); \(able.joined(separator: ", ")) can"
    case .pullsOnAdapted(let name):
      "regularizer '\(name)' pulls on the weights themselves, which --lora leaves as they are; lwf, delta, replay, der++ "
        + "and --weight-decay work with it"
    case .missingImportances(let name):
      "regularizer '\(name)' needs the path of the source's own training, which this checkpoint does not have; "
        + "train the source with lethe train --regularizer \(name), or use ewc or mas"
    case .gradientsNotFinite: "\(error); --precision bfloat16 has the range of float32"
    case .classesOnly(let key, let kind): "\(key.flag) is for classes, not for \(kind)"
    case .interrupted: "interrupted; the same command, given again, goes on where it was left"
    default: "\(error)"
    }
  }

  /// What so many epochs of an option do to a run that has not more.
  private static func relation(of key: TrainingOptions.Key) -> String {
    switch key {
    case .unfreezesAfterProbe: "leaves none of"
    case .unfreezesEvery: "never unfreezes within"
    default: "is longer than"
    }
  }
}
