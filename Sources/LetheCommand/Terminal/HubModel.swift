/// A name that leads to no file and looks like one of a hub of models.
struct HubModel {
  /// How it is brought.
  let advice: String

  /// - Parameter name: as given: `hf:google/vit-base`, `timm/resnet50`, `org/model`; nil for what looks like a path.
  init?(_ name: String) {
    let prefix = ["hf-hub:", "hf://", "hf:"].first(where: name.hasPrefix)
    let own = String(name.dropFirst(prefix?.count ?? 0))
    let isName = own.wholeMatch(of: /[\w.-]+\/[\w.-]+/) != nil && !own.hasPrefix(".") && !own.contains(/\.\w{1,11}$/)
    guard prefix != nil || isName else { return nil }
    let made = own.split(separator: "/").last.map(String.init) ?? own
    let python =
      own.hasPrefix("timm/")
      ? "import lethe, timm, torch; lethe.export(timm.create_model('\(made)', pretrained=True), "
        + "torch.zeros(2, 3, 224, 224), '\(made).pt2')"
      : "import lethe, transformers as t; lethe.export("
        + "t.AutoModelForSequenceClassification.from_pretrained('\(own)'), "
        + "t.AutoTokenizer.from_pretrained('\(own)')(['a text', 'two'], return_tensors='pt', padding=True), "
        + "'\(made).pt2'), or the class that it is"
    advice = "nothing is downloaded; of a hub Python brings it: \(python)"
  }
}
