//! Words that nearly every text of a language but English has, folded and sorted: they count little in a query, never nothing. Each list is one
//! text: lists of texts would be twice the bytes.
//!
//! Written for this project: articles, pronouns, prepositions, conjunctions, auxiliary verbs and question words.

pub(super) const DANISH: &str = "\
    ad af aldrig alle alt anden andet at bare begge blev blive bliver da de dem den denne der deres det dette dig din \
    dine disse dog du efter eller en end er et for fordi fra ham han hans har havde have hende hendes her hos hun \
    hvad hvem hver hvilken hvis hvor hvordan hvorfor i ikke ind ingen intet ja jeg jer kan kom kun kunne lige man \
    mange med meget men mens mere mig min mine mit mod ned nej noget nogle nok nu ny og ogsa om op os over pa sadan \
    samme selv sig sin sine sit skal skulle som thi til ud under vaere vaeret var ved vi vil ville vor vores";

pub(super) const DUTCH: &str = "\
    aan al alle alleen als altijd ander andere ben bij daar dan dat de der deze die dit doen door dus een eens en er \
    ge geen had heb hebben heeft hem het hier hij hoe hun iemand iets ik in is ja je jij jouw jullie kan kon kunnen \
    maar me meer men met mij mijn moet moeten na naar niet niets nog nu of om omdat onder ons onze ook op over reeds \
    te tegen toch toen tot u uit uw van veel via voor waar waarom want waren was wat we wel welke werd wie wij wil \
    worden wordt zal ze zeer zich zij zijn zo zoals zonder zou zullen";

pub(super) const FINNISH: &str = "\
    ehka ei eivat eli en enemman ennen ensin eri etta han hanen he heidan hyvin ilman itse ja jo johon joiden joihin \
    joissa joita joka jokainen joko jolla jonka jos joskus jossa josta jota jotka jotta juuri kaikki kanssa kautta \
    kertaa keskella koko koska kuin kuinka kuka kun kuten kyse lahes lisaksi me meidan mika mikali miksi milloin mina \
    minka missa mista miten mitka mukaan mutta muu muut muuta myos ne niiden niin niista niita noin nyt ole oli \
    olivat olla on ovat paljon pitaa se sek seka sen siella siina sille sina sita sitten tai tama taman tassa tasta \
    tata te teidan tulee tuo vaan vai vaikka vain voi voidaan voivat yli";

pub(super) const FRENCH: &str = "\
    a afin ai ainsi alors apres au aussi autre autres aux avant avec avez avoir avons c car ce ceci cela celle celles \
    celui ces cet cette ceux chaque chez comme comment d dans de depuis des donc dont du elle elles en encore entre \
    est et etaient etait ete etre eu eux faire fait ici il ils j je jusque l la le les leur leurs lors lui m ma mais \
    me meme memes mes moi moins mon n ne ni nos notre nous on ont ou par parce pas pendant peu peut plus pour \
    pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se sera ses si son sont sous sur t ta te tes \
    toi ton tous tout toute toutes tres tu un une vers voici vos votre vous y";

pub(super) const GERMAN: &str = "\
    aber als also am an ander andere anderen auch auf aus bei beim bin bis bist da dabei dadurch dafur damit dann \
    daran darauf das dass dein deine dem den denn der deren des dessen dich die dies diese diesem diesen dieser \
    dieses dir doch dort du durch ein eine einem einen einer eines er es etwa etwas euch euer eure fur gegen habe \
    haben hat hatte hatten her hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede \
    jedem jeden jeder jedes kann kein keine keinem keinen keiner konnen konnte machen man mehr mein meine mich mir \
    mit muss mussen nach nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seit selbst sich \
    sie sind so solche soll sollen sondern sonst sowie uber um und uns unser unsere unter viel vom von vor war waren \
    warum was weg weil weiter welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir wird \
    wo wollen worden wurde wurden zu zum zur zwar zwischen";

pub(super) const ITALIAN: &str = "\
    a ad agli ai al all alla alle allo anche ancora avere c che chi ci come con contro cosa cosi cui d da dagli dai \
    dal dall dalla dalle dallo degli dei del dell della delle dello di dopo dove e ed era erano essere fa fra gli ha \
    hanno ho i il in io l la le lei li lo loro lui ma mentre mi mia mio molto ne negli nei nel nell nella nelle nello \
    noi non nostra nostro o ogni oltre per perche piu poi prima pur quale quali quando quanto quella quelle quelli \
    quello questa queste questi questo qui se sei senza si sia siamo siete sono sopra sotto sta stata stato su sua \
    sue sugli sui sul sull sulla sulle suo suoi tra tu tutta tutte tutti tutto un una uno v vi voi";

pub(super) const NORWEGIAN: &str = "\
    alle at av bare begge ble bli blir bort bra da de deg dem den denne der dere deres det dette di din disse ditt du \
    eller en enn er et etter for fordi fra ga ha hadde han hans har hennes her hun hva hvem hver hvilken hvis hvor \
    hvordan hvorfor i ikke ingen inn ja jeg kan kom kun kunne man mange med meg mellom men mens mer mest min mine \
    mitt mot mye na ned nei noe noen nok og ogsa om opp oss over pa sa samme seg selv si siden sin sine sitt skal \
    skulle slik som til under ut uten vaere vaert var ved vi vil ville";

pub(super) const PORTUGUESE: &str = "\
    a ainda alem ao aos apenas aquela aquele aquilo as assim ate cada com como contra da das de dela dele deles \
    depois desde dessa desse desta deste do dos e ela elas ele eles em enquanto entre era eram essa essas esse esses \
    esta estao estas estava este estes eu foi foram ha isso isto ja la lhe lhes mais mas me mesmo meu meus minha \
    muito muitos na nao nas nem no nos nossa nosso num numa o onde os ou outra outras outro outros para pela pelas \
    pelo pelos pode podem por porque pouco quais qual quando quanto que quem se seja sem sempre ser seu seus sido so \
    sob sobre sua suas tal tambem tao te tem tinha toda todas todo todos tu tua um uma umas uns voce voces";

pub(super) const RUSSIAN: &str = "\
    а без более бы был была были было быть в вам вас весь во вот все всего всех вы где да для до его ее если есть еще \
    же за здесь и из или им их к как какая какие какой ко когда кто ли либо между мне мной может можно мы на над надо \
    наш не него нее нет ни них но ну о об однако он она они оно от очень по под после потому почему при про с сам \
    себя со так также такие такой там тебя тем то того тоже той только том тот ту ты у уже хотя чего чем через что \
    чтобы эта эти этим этих это этого этой этом этот я";

pub(super) const SPANISH: &str = "\
    a al algo ante antes aqui asi aun aunque bajo bien cada como con contra cual cuales cuando cuanto de del desde \
    despues donde dos durante e el ella ellas ellos en entre era eran es esa esas ese eso esos esta estaba estan \
    estar estas este esto estos fue fueron ha hace hacia han hasta hay la las le les lo los mas me mi mis mismo mucho \
    muchos muy nada ni no nos nosotros nuestra nuestro o os otra otras otro otros para pero poco por porque pues que \
    quien quienes se sea segun ser si sido sin sobre son su sus tal tambien tan tanto te tiene tienen toda todas todo \
    todos tu tus un una unas uno unos ya yo";

pub(super) const SWEDISH: &str = "\
    alla allt an and andra att av bara blev bli blir da dar de dem den denna deras dess dessa det detta dig din dina \
    ditt du efter eller en er era ett for fran ha hade han hans har henne hennes hon honom hur i icke ingen inom inte \
    jag ju kan kunde man med mellan men mig min mina mitt mot mycket nagon nagot nagra nar ni nu och om oss pa sa \
    sadan samma sedan sig sin sina sitt ska skulle som till under upp ut utan vad var vara varfor varit varje vart vi \
    vid vilka vilken vilket";
