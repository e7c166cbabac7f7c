/// What a model says of images: the likeliest classes of each, with their probabilities.
public struct PredictionFinding: Sendable, Equatable, Codable {
  /// One class of one image.
  public struct Answer: Sendable, Equatable, Codable {
    /// Its name, or its number where no name is known; `class` in JSON.
    public var name: String
    /// Its place among the head's classes, from 0.
    public var label: Int
    /// The model's softmax, which nothing has calibrated.
    public var probability: Double

    private enum CodingKeys: String, CodingKey {
      case name = "class"
      case label, probability
    }

    /// - Parameters: see the properties.
    public init(_ name: String, label: Int, probability: Double) {
      self.name = name
      self.label = label
      self.probability = probability
    }
  }

  /// One image.
  public struct Image: Sendable, Equatable, Codable {
    /// The path of its file.
    public var file: String
    /// The likeliest classes, the likeliest first.
    public var classes: [Answer]
    /// What the model was given, made smaller; not in JSON, nil where it is not drawn.
    public var picture: Picture?

    private enum CodingKeys: String, CodingKey { case file, classes }

    /// - Parameters: see the properties.
    public init(file: String, classes: [Answer], picture: Picture? = nil) {
      self.file = file
      self.classes = classes
      self.picture = picture
    }
  }

  /// The checkpoint's path.
  public var checkpoint: String
  /// The task whose head was asked.
  public var head: String
  /// How many classes the head has.
  public var classCount: Int
  /// The images in the order in which they were given.
  public var images: [Image]

  /// - Parameters: see the properties.
  public init(checkpoint: String, head: String, classCount: Int, images: [Image]) {
    self.checkpoint = checkpoint
    self.head = head
    self.classCount = classCount
    self.images = images
  }
}
