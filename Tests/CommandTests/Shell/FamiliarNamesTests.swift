import Foundation
import TestSupport
import Testing

@testable import LetheCommand

@Suite struct FamiliarNamesTests {
  @Test(
    arguments: [
      (["finetun"], "there is no command 'finetun'; did you mean finetune?"),
      (["eval", "run"], "there is no command 'eval': it is called evaluate here"),
      (["data", "shwo", "x"], "there is no command 'shwo'; did you mean show?"),
      (["help", "finetun"], "there is no command 'finetun'; did you mean finetune?"),
      (["xyzzyx"], "there is no command 'xyzzyx'"),
      (["finetune", "x", "--wd", "3"], "finetune has no option '--wd': it is called --weight-decay here"),
      (["train", "x", "--learning-rate=0.1"], "train has no option '--learning-rate': it is called --lr here"),
      (
        ["train", "x", "--num_train_epochs", "3"],
        "train has no option '--num_train_epochs': it is called --epochs here"
      ),
      (["train", "x", "--batch_size", "3"], "train has no option '--batch_size': it is called --batch-size here"),
      (["train", "x", "--bs", "3"], "train has no option '--bs': it is called --batch-size here"),
      (["train", "x", "--fp16"], "train has no option '--fp16': it is called --precision float16 here"),
      (["finetune", "x", "--data", "d"], "finetune has no option '--data': it is called --target here"),
      (["train", "x", "--source", "d"], "train has no option '--source': it is called --data here"),
      (["finetune", "x", "--epocs", "3"], "finetune has no option '--epocs'; did you mean --epochs?"),
      (["drift", "a", "--lr", "3"], "drift has no option '--lr'"),
      // Values are no options, whatever they begin with.
      (["train", "x", "--lr", "--wd", "--datta", "y"], "train has no option '--datta'; did you mean --data?"),
    ] as [([String], String)])
  func aNameThatNothingHasIsSaidInOneLine(arguments: [String], words: String) throws {
    let found = try Command(array: arguments)
    #expect(found.status == 64 && found.output.isEmpty)
    #expect(found.errorLines.first == "lethe: \(words)", "\(found.errors)")
  }

  @Test func whatIsElseWrongIsSaidAsBefore() throws {
    let missing = try Command("finetune", "x", "--epochs", "3")
    #expect(missing.status == 64 && missing.errors.contains("Missing expected argument '--output <output>'"))
    let value = try Command("train", "x", "--data", "y", "-o", "z", "--optimizer", "adamx")
    #expect(value.status == 64 && value.errors.contains("'sgd', 'adam' or 'adamw'"), "\(value.errors)")
  }

  @Test func schedulesSettingsKeysAndFilesAreProposed() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "-o", base).status == 0)
    let train = ["train", base, "--data", Repository.fixture("fashion-mnist-small"), "-o", folder.file("run")]
    func refused(_ arguments: [String], _ words: String, status: Int32 = 64) throws {
      let found = try Command(array: arguments)
      #expect(found.status == status && found.errors.contains(words), "\(found.errors)")
    }
    try refused(train + ["--schedule", "cosin"], "found 'cosin'; did you mean cosine?")
    try refused(train + ["--schedule", "onecycle:1"], "did you mean one-cycle?")
    try refused(train + ["--regularizer", "l2-sp:alfa=3"], "it has no setting 'alfa'; did you mean alpha")
    try refused(train + ["--regularizer", "l2sp"], "did you mean l2-sp")
    try refused(["new", "resnet15", "-o", folder.file("x.h5")], "did you mean 'resnet18'")
    try refused(
      ["train", "cnn", "--data", "d", "-o", folder.file("run")],
      "cnn: no such file or folder; lethe new cnn -o cnn.h5 makes a model of this architecture", status: 66)
    let file = folder.file("run.yaml")
    try "learning-rate: 0.1\n".write(toFile: file, atomically: true, encoding: .utf8)
    try refused(train + ["--config", file], "has no option 'learning-rate': it is called lr here")
    try refused(
      ["train", folder.file("bse.h5"), "--data", "d", "-o", folder.file("run")],
      "no such file or folder; did you mean \(base)?", status: 66)
    try refused(
      ["data", "show", "fashion-mnst:0-4"], "did you mean fashion-mnist?", status: 66)
  }

  @Test func everyFamiliarNameLeadsToAnOptionThatSomeCommandHas() throws {
    let train = try #require(CommandDescription(of: "train"))
    // `l2` is another's name for something else, and no near miss of anything here.
    #expect(FamiliarNames.advice(onOption: "--L2", of: train) == ": it is called --weight-decay here")
    #expect(FamiliarNames.advice(onOption: "--max-grad-norm", of: train) == ": it is called --clip-norm here")
    #expect(FamiliarNames.advice(onOption: "--qqqqqqqqqqqq", of: train) == "")
    let known = Lethe.configuration.subcommands.flatMap { CommandDescription(of: $0).parameters.map(\.name) }
    for option in FamiliarNames.meantOptions {
      #expect(known.contains(option), "\(option)")
    }
    #expect(FamiliarNames.meantCommands.isSubset(of: Lethe.configuration.subcommands.map { $0._commandName }))
  }
}
