import Files

/// A name that leads to no file and looks like one of a hub of models.
struct HubModel {
  /// How it is brought.
  let advice: String

  /// - Parameter name: as given: `hf:google/vit-base`, `timm/resnet50`, `org/model`; nil for what looks like a path.
  init?(_ name: String) {
    let prefixes = ["hf-hub:", "hf://", "hf:"]
    guard let hub = HubName(name, prefixes: prefixes, extensionLength: 1...11) else { return nil }
    let (own, made) = (hub.name, hub.lastPart)
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
