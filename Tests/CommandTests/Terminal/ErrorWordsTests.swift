import Analysis
import Datasets
import Evaluation
import Foundation
import TestSupport
import Testing
import Training

@testable import LetheCommand

@Suite struct ErrorWordsTests {
  @Test func everyOptionOfTheLibraryIsSetByAnOptionOfTheCommand() throws {
    let options = try #require(CommandDescription(of: "finetune")).parameters.flatMap(\.spellings)
    for key in TrainingOptions.Key.allCases { #expect(options.contains(key.flag), "\(key)") }
    #expect(Set(TrainingOptions.Key.allCases.map(\.flag)).count == TrainingOptions.Key.allCases.count)
  }

  @Test(arguments: [
    (
      TrainingError.invalidOption(.batchSize, allowed: "at least 1", found: "0"),
      "--batch-size must be at least 1, found 0"
    ),
    (
      .unreadableOption(.selection, reason: "no quantity 'x'", expected: "QUANTITY", found: "x"),
      "--best: no quantity 'x'; expected QUANTITY, found 'x'"
    ),
    (
      .unreadableOption(.classWeights, reason: "", expected: "2 numbers, one a class", found: "1,2,3"),
      "--class-weights: expected 2 numbers, one a class, found '1,2,3'"
    ),
    (
      .contradiction(.trainsHeadOnly, .adapters, reason: "trains the head alone"),
      "--feature-extraction trains the head alone; --lora contradicts it"
    ),
    (
      .outlastsRun(.unfreezesAfterProbe, epochs: 4, epochCount: 4),
      "--probe-epochs 4 leaves none of --epochs 4 for fine-tuning"
    ),
    (.outlastsRun(.unfreezesEvery, epochs: 5, epochCount: 4), "--unfreeze-every 5 never unfreezes within --epochs 4"),
    (.outlastsRun(.warmupEpochs, epochs: 4.5, epochCount: 4), "--warmup 4.5 is longer than --epochs 4"),
    (.missingData(.selection, value: "agreement", .proxy), "--best: 'agreement' needs --source-proxy DATA"),
    (
      .missingData(.regularizers, value: "lwf", .sourceHead),
      "regularizer 'lwf' needs the source task's head: use lethe finetune with --source DATA"
    ),
    (.nothingToAdapt(layers: "bn1"), "--lora: 'bn1' has no linear or convolution layer but the head"),
    (.tooFewTasks(count: 1), "a sequence needs two tasks or more (--task)"),
    (
      .sharedHeadMismatch(task: "b", classCount: 3, first: "a", firstClassCount: 2),
      "--shared-head: task 'b' has 3 classes, 'a' 2"
    ),
    (
      .notDecouplable(regularizer: "lwf", able: ["l2", "ewc"]),
      "regularizer 'lwf' cannot be applied in the step (--decoupled); l2, ewc can"
    ),
    (.sameTask("a"), "source and target are the same task, 'a'"),
  ])
  func aTrainingErrorNamesTheOptions(_ error: TrainingError, _ words: String) {
    #expect(ErrorWords.text(of: error) == words)
  }

  @Test func otherErrorsSayWhichOptionHelps() {
    let errors: [(any Error, String)] = [
      (DatasetError.unreadableImage(file: "a.png", reason: "damaged"), "damaged; --skip-unreadable leaves"),
      (
        DatasetError.resizeTooSmall(resize: 200, height: 224, width: 96),
        "a shorter side of 200: expected 224 or more, of which 224×96 is cut; --resize takes another, or none"
      ),
      (
        DatasetError.resizeWithoutShape(resize: 9, file: "a"), "expected a size to cut from them: give --image-size too"
      ),
      (DatasetError.differingSizes(file: "a.png", found: "1×1", others: "2×2"), "others are 2×2: give --image-size"),
      (AnalysisError.tooFewForDirections(layer: "fc", count: 3, directions: 2), "(more --samples, or --pool mean)"),
      (AnalysisError.checkpointAsFeatures(path: "a.h5"), "a.h5: a checkpoint; give --data"),
      (
        EvaluationError.inputMismatch(input: "x", expected: [1, 2], found: [2, 2], dataset: "d", canBeFitted: true),
        "; --fit resizes images"
      ),
    ]
    for (error, words) in errors { #expect(ErrorWords.text(of: error).contains(words), "\(error)") }
  }

  /// What a Swift program reads speaks of properties; only the command knows its options.
  @Test func noLibrarySpeaksOfOptions() throws {
    let sources = URL(fileURLWithPath: Repository.root + "/Sources")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    // Custom properties of style sheets, `--c0:` and `var(--c0)`, are no options.
    let property = /var\(--[a-z0-9-]+|--[a-z0-9]+:/
    let option = /--[a-z][a-z-]*/
    for case let file as URL in files where file.pathExtension == "swift" && !file.path.contains("/LetheCommand/") {
      let text = try String(contentsOf: file, encoding: .utf8)
      for line in text.split(separator: "\n")
      where line.replacing(property, with: "").firstMatch(of: option) != nil {
        Issue.record("\(file.lastPathComponent): \(line)")
      }
    }
  }

  @Test func modelsOfAHubAreAnswered() throws {
    for name in ["hf:google/vit", "hf-hub:google/vit", "google/vit"] {
      let found = try Command("inspect", name)
      #expect(
        found.status == 66
          && found.errors.hasPrefix(
            "lethe: \(name): no such file or folder; nothing is downloaded; of a hub Python brings it: "
              + "import lethe, transformers as t; "),
        "\(found.errors)")
    }
    let timm = try Command("import", "timm/resnet18", "-o", "x.h5")
    #expect(timm.errors.contains("lethe.export(timm.create_model('resnet18', pretrained=True), "), "\(timm.errors)")
    #expect(try Command("inspect", "runs/none.h5").errors == "lethe: runs/none.h5: no such file or folder\n")
    let folder = try TemporaryFolder()
    try Data("GGUF\u{3}\u{0}\u{0}\u{0}".utf8).write(to: URL(fileURLWithPath: folder.file("a.gguf")))
    let rounded = try Command("inspect", folder.file("a.gguf"))
    #expect(rounded.status == 65 && rounded.errors.contains(": a GGUF file, whose weights are rounded"))
  }
}
